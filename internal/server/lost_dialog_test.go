package server

import (
	"slices"
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// TestLostDialog has devices that know nothing of their dialogs any more, or do not answer
// at all: each gets one BYE, and the roster says why it is gone.
func TestLostDialog(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-LVE-04", "FOC-MOD-03")
	r := serveTuned(t, func(c *config.Config) { c.MSRP.CEMA = true }, tuning{t1: brisk})
	bob := r.guest("tcp", "bob").join(lobby)
	w := r.watch("tcp", "bob")
	w.full()
	for k, want := range []string{"Reason: SIP;cause=481", "Reason: SIP;cause=408"} {
		alice := r.guest("tcp", "alice")
		alice.call = alice.Dialog(alice.aor(), lobby)
		alice.Send(alice.call.Request(sipmsg.INVITE))
		alice.ok = alice.Expect(200, sipmsg.INVITE)
		alice.call.Learn(alice.ok)
		ack := alice.call.Ack() // with an answer that makes the focus offer again
		ack.Body = []byte(strings.NewReplacer("c=IN IP4 127.0.0.1", "c=IN IP4 198.51.100.9", "m=message 2855", "m=message 7000").Replace(alice.sdp))
		ack.Header.Set("Content-Type", "application/sdp")
		alice.Send(ack)
		again := alice.Request()
		gone := slices.Repeat([]string{"disconnected"}, k)
		w.until("alice", append(gone, "connected")...)
		if k == 0 {
			alice.Answer(again, 481)
			if m := alice.Request(); m.Method != sipmsg.ACK {
				t.Errorf("%s instead of the ACK", m.Method)
			}
		}
		bye := alice.Request()
		if bye.Method != sipmsg.BYE {
			t.Errorf("%s instead of BYE", bye.Method)
		}
		alice.Answer(bye, 500) // which makes no difference
		w.until("alice", append(gone, "disconnected")...)
		if last := w.bodies[len(w.bodies)-1]; !strings.Contains(last, "<disconnection-method>failed<") || !strings.Contains(last, want) {
			t.Errorf("want %s in\n%s", want, last)
		}
	}
	bob.leave()
	w.terminated("rejected", without)
}
