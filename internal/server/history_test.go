package server

import (
	"fmt"
	"testing"

	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/conform"
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
