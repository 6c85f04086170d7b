package interop

import (
	"fmt"
	"testing"
	"time"

	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/invite"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
)

// briefT1 is the timer T1 of callees whose transactions are to be over soon.
const briefT1 = 100 * time.Millisecond

// BenchmarkDialogBeside has our stack place b.N calls over one TCP connection to a callee in
// a process of its own, made with our stack or with the public Go library, and reports what a
// confirmed dialog takes the callee once the transactions are over: octets of heap and stacks,
// and goroutines. In the end every dialog has to answer a BYE. Run it with -benchtime 50000x.
//
// The library is asked twice: the way its documentation shows, where a goroutine waits for the
// end of each dialog, and with nothing but its cache of dialogs.
func BenchmarkDialogBeside(b *testing.B) {
	callees := callees(b)
	t1 := "-t1=" + briefT1.String()
	b.Run("confab", func(b *testing.B) { holdCalls(b, callees.ours(b, transport.TCP, t1)) })
	b.Run("sipgo", func(b *testing.B) { holdCalls(b, callees.theirs(b, transport.TCP, t1, "-waits")) })
	b.Run("sipgo_cache_only", func(b *testing.B) { holdCalls(b, callees.theirs(b, transport.TCP, t1)) })
}

func holdCalls(b *testing.B, c *callee) {
	b.Helper()
	s, out := c.caller(b)
	calls := &holding{caller: caller{ended: make(chan error, parallel)}, held: make(chan *invite.Session, b.N)}
	b.ResetTimer()
	before := c.ask("memory")
	inParallel(b, b.N, calls.ended, func() { s.Invite.Invite(out, calls) })
	<-time.After(64*briefT1 + 2*time.Second) // RFC 6026 §7.1: timer L
	after := c.ask("memory")
	for i, unit := range []string{"heap-B/dialog", "stack-B/dialog", "goroutines/dialog"} {
		b.ReportMetric(float64(after[i]-before[i])/float64(b.N), unit)
	}
	b.ReportMetric(0, "ns/op")
	close(calls.held)
	inParallel(b, b.N, calls.ended, func() { calls.hangUp(<-calls.held) })
}

// holding keeps the sessions of its calls.
type holding struct {
	caller
	held chan *invite.Session
}

func (h *holding) Answered(s *invite.Session, _ *sipmsg.Response, _ []byte) (invite.SessionHandler, invite.Answer) {
	h.held <- s
	h.ended <- nil
	return h, invite.Answer{}
}

// hangUp sends a BYE, to which only 200 is a good answer.
func (h *holding) hangUp(s *invite.Session) {
	s.Do(func() {
		d := s.Dialog()
		d.Send(d.NewRequest(sipmsg.BYE), dialog.Outcome(func(resp *sipmsg.Response, e *sip.Error) {
			switch {
			case e != nil:
				h.ended <- e
			case resp.Status != 200:
				h.ended <- fmt.Errorf("BYE: %d %s", resp.Status, resp.Reason)
			default:
				h.ended <- nil
			}
		}))
	})
}
