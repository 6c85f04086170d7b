package invite_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/invite"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport/transporttest"
)

// hangs hangs up a while after the session is confirmed.
type hangs struct{ *record }

func (h hangs) Confirmed(ack *sipmsg.Request) {
	h.record.Confirmed(ack)
	time.AfterFunc(10*time.Second, func() {
		h.mu.Lock()
		s := h.session
		h.mu.Unlock()
		s.Bye()
	})
}

// TestLossyNetwork plays calls over a network that loses a third of the datagrams,
// repeats some and lets some overtake others: each call is answered or fails, at both
// ends alike, and nothing is left behind.
func TestLossyNetwork(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const calls = 300
		net := transporttest.Bad(t, transporttest.Odds{Lost: 33, Doubled: 15, Delay: 300 * time.Millisecond})
		var mu sync.Mutex // guards callees
		callees := make(map[string]*record)
		callee := newRig(t, net.Host("10.0.0.1"), serve(func(in *invite.Incoming) {
			h := &record{}
			mu.Lock()
			callees[in.Request().Header.CallID()] = h
			mu.Unlock()
			in.Provisional(180, invite.Answer{})
			time.AfterFunc(time.Second, func() {
				h.mu.Lock()
				defer h.mu.Unlock()
				h.session = in.Accept(invite.Answer{Body: []byte(answer)}, hangs{h})
			})
		}))
		defer callee.Close()
		caller := newRig(t, net.Host("10.0.0.2"), nil)
		defer caller.Close()
		to, _ := sipmsg.ParseURI("sip:conf@10.0.0.1")
		from, _ := sipmsg.ParseAddress("<sip:alice@10.0.0.2>")
		callers := make(map[string]*record)
		for range calls {
			h := &record{}
			c := caller.agent.Invite(dialog.Outgoing{
				URI: to, From: from, Contact: "<sip:alice@10.0.0.2>", Body: []byte(offer),
			}, h)
			callers[c.CallID()] = h
		}
		<-time.After(time.Hour) // where no BYE arrived the session timer ends it, of 30 minutes
		synctest.Wait()
		confirmed := 0
		for id, h := range callers {
			h.mu.Lock()
			if len(h.answers)+len(h.errs) != 1 || len(h.ends) != len(h.answers) {
				t.Errorf("%s: answered %d, failed %d, ended %d", id, len(h.answers), len(h.errs), len(h.ends))
			}
			if other := callees[id]; other != nil && other.session != nil {
				if len(other.ends) != 1 {
					t.Errorf("%s: ended %d times at the callee", id, len(other.ends))
				}
				confirmed += len(other.acks)
			}
			h.mu.Unlock()
		}
		if confirmed < calls*95/100 {
			t.Errorf("only %d of %d calls confirmed", confirmed, calls)
		}
		caller.Dialogs(t, 0)
		callee.Dialogs(t, 0)
	})
}
