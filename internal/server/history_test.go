package server

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/instance"
)

// TestHistoryOfTheFile has a newcomer join after others have talked, with the
// policy as the file has it.
func TestHistoryOfTheFile(t *testing.T) {
	conform.Covers(t, "SW-HIS-02")
	r := serve(t, func(c *config.Config) {
		c.Conferences[0].Policy.History = config.History{Keep: 200, Replay: 20}
		c.Mixer.Welcome = "Welcome to the lobby."
	})
	alice := r.guest("tcp", "alice").join(lobby).connect()
	alice.hear("Welcome to the lobby.")
	for i := range 25 {
		alice.say(fmt.Sprint("message ", i))
	}
	bob := r.guest("udp", "bob").join(lobby).connect()
	bob.hear("Welcome to the lobby.")
	for i := 5; i < 25; i++ {
		bob.hear(fmt.Sprint("message ", i))
	}
	alice.say("now")
	bob.hear("now")
}

// TestReturnAfterRestart restarts the server under a durable conference: a device
// goes on where it was, a newcomer begins with the last messages.
func TestReturnAfterRestart(t *testing.T) {
	conform.Covers(t, "SW-HIS-01", "SW-HIS-04", "SW-RPT-06")
	dir := t.TempDir()
	device := `;+sip.instance="<urn:uuid:00000000-0000-1000-8000-000A95A0E128>"`
	r := serve(t, lasting(dir))
	alice := r.guest("tcp", "alice").join(lobby).connect()
	bob := r.guest("tcp", "bob")
	bob.join(lobby, "Contact: "+bob.Contact()+device).connect()
	alice.say("heard")
	bob.hear("heard")
	bob.msrp.Bind() // its answer has arrived
	bob.leave()
	for i := range 10 {
		alice.say(fmt.Sprint("missed ", i))
	}
	r.stop()

	r = serve(t, lasting(dir))
	bob = r.guest("tcp", "bob")
	bob.join(lobby, "Contact: "+bob.Contact()+device).connect()
	for i := range 10 {
		bob.hear(fmt.Sprint("missed ", i))
	}
	carol := r.guest("tcp", "carol").join(lobby).connect()
	for i := 5; i < 10; i++ {
		carol.hear(fmt.Sprint("missed ", i))
	}
	carol.say("after the restart")
	bob.hear("after the restart")
}

// TestHistoryBehindManyEvents restarts the server under a durable conference in
// which much has happened before the oldest message that is kept.
func TestHistoryBehindManyEvents(t *testing.T) {
	dir := t.TempDir()
	short := func(c *config.Config) {
		lasting(dir)(c)
		c.Conferences[0].Policy.History = config.History{Keep: 10, Replay: 5, Durable: true}
	}
	r := serve(t, short)
	r.guest("tcp", "alice").join(lobby).connect()
	inst := r.alive()
	var open sync.WaitGroup
	do := func(c conference.Command) {
		open.Add(1)
		inst.Do(c, func(res instance.Result) {
			if res.Err != nil {
				t.Error(res.Err)
			}
			open.Done()
		})
	}
	for i := range 300 {
		subject := fmt.Sprint("subject ", i)
		do(conference.Change{At: time.Now(), Subject: &subject})
	}
	open.Wait()
	for i := range 200 {
		body := cpim(lobby, lobby, fmt.Sprint("message ", i))
		do(conference.Post{Message: &conference.Message{
			At: time.Now(), ID: fmt.Sprint("id", i), ContentType: "text/plain", Body: []byte(body),
		}})
	}
	open.Wait()
	r.stop()

	r = serve(t, short)
	bob := r.guest("tcp", "bob").join(lobby).connect()
	for i := 195; i < 200; i++ {
		bob.hear(fmt.Sprint("message ", i))
	}
}
