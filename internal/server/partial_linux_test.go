package server

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet"
)

// through connects the guest's media by a connection of which the test has the
// server's side, too.
func (g *guest) through() (served *net.TCPConn) {
	g.rig.t.Helper()
	l, err := (&net.ListenConfig{}).Listen(g.rig.t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		g.rig.t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	nc, err := (&net.Dialer{}).DialContext(g.rig.t.Context(), "tcp", l.Addr().String())
	if err == nil {
		err = nc.(*net.TCPConn).SetReadBuffer(32 << 10) //nolint:forcetypeassert // of TCP
	}
	if err != nil {
		g.rig.t.Fatal(err)
	}
	accepted, err := l.Accept()
	if err != nil {
		g.rig.t.Fatal(err)
	}
	if err = g.rig.media.ServeConn(accepted); err != nil {
		g.rig.t.Fatal(err)
	}
	g.msrp = testnet.MSRPOn(g.rig.t, nc, attribute(g.rig.t, []byte(g.sdp), "path"), attribute(g.rig.t, g.ok.Body, "path"))
	g.msrp.Bind()
	return accepted.(*net.TCPConn) //nolint:forcetypeassert // of a TCP listener
}

// TestErrorsOnlyMissesNothing: where copies are answered only if they are refused, a
// receiver stops reading, and his connection is cut with copies in flight. When he is
// back he gets what his side of it had not taken, each message at least once.
func TestErrorsOnlyMissesNothing(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "SW-RPT-06", "SW-RPT-03")
	r := serve(t, func(c *config.Config) {
		c.Mixer.Report, c.Mixer.SenderRate, c.Mixer.FanOutRate = "partial", 0, 0
		c.Limits.MessagesPerSecond = 0
		c.Conferences[0].Policy.History.Keep = 1000
	})
	device := `;+sip.instance="<urn:uuid:00000000-0000-1000-8000-000A95A0E128>"`
	alice := r.guest("tcp", "alice").join(lobby).connect()
	bob := r.guest("tcp", "bob")
	bob.join(lobby, "Contact: "+bob.Contact()+device)
	served := bob.through()
	const n = 600
	filling := strings.Repeat(".", 1500)
	message := func(i int) string { return fmt.Sprint("message ", i, filling) }
	for i := range n {
		alice.say(message(i))
	}
	// The network is gone: nothing of what the socket holds gets anywhere.
	if err := served.SetLinger(0); err != nil {
		t.Fatal(err)
	}
	if err := served.SetReadDeadline(time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	ids := make(map[string]string)
	for _, m := range bob.msrp.Rest() {
		if m.Fields["Failure-Report"] != "" && m.Fields["Failure-Report"] != "partial" {
			t.Errorf("%v", m.Fields)
		}
		ids[text(m)] = m.MessageID
	}
	got := len(ids)
	if got == 0 || got == n {
		t.Errorf("%d of %d were received before the cut", got, n)
	}
	bob.leave()
	bob = r.guest("tcp", "bob")
	bob.join(lobby, "Contact: "+bob.Contact()+device).connect()
	again := 0
	for done := false; !done; {
		m := bob.msrp.Receive()
		if id, had := ids[text(m)]; had {
			if again++; id != m.MessageID {
				t.Errorf("%.12s: Message-ID %s, and %s when it came again", text(m), id, m.MessageID)
			}
		}
		ids[text(m)] = m.MessageID
		done = text(m) == message(n-1)
	}
	for i := range n {
		if _, had := ids[message(i)]; !had {
			t.Errorf("message %d is missing", i)
		}
	}
	t.Logf("%d were received before the cut, %d of them again", got, again)
	alice.say("live")
	bob.hear("live")
}

// TestErrorsOnlyRepeatsNothing: when the receiver's side has taken everything, nothing
// comes again.
func TestErrorsOnlyRepeatsNothing(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "SW-RPT-06")
	r := serve(t, func(c *config.Config) { c.Mixer.Report = "partial" })
	device := `;+sip.instance="<urn:uuid:00000000-0000-1000-8000-000A95A0E128>"`
	alice := r.guest("tcp", "alice").join(lobby).connect()
	bob := r.guest("tcp", "bob")
	bob.join(lobby, "Contact: "+bob.Contact()+device)
	served := bob.through()
	for i := range 10 {
		alice.say(fmt.Sprint("message ", i))
		if m := bob.msrp.Next(); text(m) != fmt.Sprint("message ", i) {
			t.Fatalf("%+v", m)
		}
	}
	// What the server reads acknowledges the messages; when it answers the second time
	// it has taken note of its first answer, which leaves as one write after them.
	bob.msrp.Bind()
	bob.msrp.Bind()
	if err := served.SetReadDeadline(time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	bob.msrp.Closed()
	alice.say("missed")
	bob.leave()
	bob = r.guest("tcp", "bob")
	bob.join(lobby, "Contact: "+bob.Contact()+device).connect()
	bob.hear("missed")
}
