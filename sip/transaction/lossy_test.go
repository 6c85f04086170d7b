package transaction_test

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transaction"
	"github.com/confab-chat/confab/sip/transport"
	"github.com/confab-chat/confab/sip/transport/transporttest"
	"github.com/confab-chat/confab/wheel"
)

// TestCallsOverBadNetwork makes calls over a network that loses every eighth
// datagram, repeats some and reorders all: each call comes about once and ends
// once, and nothing is left of it when the timers have run out.
func TestCallsOverBadNetwork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := transporttest.Bad(t, transporttest.Odds{Lost: 12, Doubled: 12, Delay: 80 * time.Millisecond})
		const calls = 100
		answering := &answerer{sessions: make(map[string]*session)}
		uas := newStack(t, network.Host(peerAddr), transaction.Config{}, answering.user())
		answering.stack = uas
		calling := &caller{done: make(map[string]error)}
		uac := newStack(t, network.Host(stackAddr), transaction.Config{}, new(user))
		calling.stack = uac
		for i := range calls {
			calling.call(fmt.Sprint("call-", i))
			<-time.After(17 * time.Millisecond)
		}
		<-time.After(3 * time.Minute)
		synctest.Wait()
		calling.mu.Lock()
		answering.mu.Lock()
		if len(calling.done) != calls || len(answering.sessions) != calls {
			t.Errorf("%d calls ended, %d came about", len(calling.done), len(answering.sessions))
		}
		for id, err := range calling.done {
			if s := answering.sessions[id]; err != nil || s == nil || s.invites != 1 || s.byes != 1 || !s.acked {
				t.Errorf("%s: %v, %+v", id, err, s)
			}
		}
		answering.mu.Unlock()
		calling.mu.Unlock()
		if uac.Counters().Retransmitted == 0 || uas.Counters().Absorbed == 0 {
			t.Error("the network was too good")
		}
		uac.close(t)
		uas.close(t)
	})
}

// An answerer takes calls as a user agent does: it repeats its 2xx until the
// ACK comes. Only its map is shared between shards.
type answerer struct {
	stack    *stack
	mu       sync.Mutex
	sessions map[string]*session
}

type session struct {
	invites, byes int
	acked         bool
	repeat        wheel.Timer
}

func (a *answerer) session(callID string) *session {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := a.sessions[callID]
	if s == nil {
		s = new(session)
		a.sessions[callID] = s
	}
	return s
}

func (a *answerer) user() *user {
	return &user{
		request: func(tx *transaction.ServerTx) {
			callID := tx.Request().Header.CallID()
			s := a.session(callID)
			ok := sipmsg.NewResponse(tx.Request(), 200, "")
			tx.Respond(ok)
			if tx.Request().Method == sipmsg.BYE {
				s.byes++
				return
			}
			s.invites++
			interval := 500 * time.Millisecond
			var again func()
			again = func() {
				tx.Respond(ok)
				interval = min(2*interval, 4*time.Second)
				a.stack.After(callID, &s.repeat, interval, again)
			}
			a.stack.After(callID, &s.repeat, interval, again)
		},
		ack: func(req *sipmsg.Request, _ transport.Source) {
			s := a.session(req.Header.CallID())
			s.acked = true
			s.repeat.Stop()
		},
	}
}

// A caller makes calls and hangs up when the 200 is there.
type caller struct {
	stack *stack
	mu    sync.Mutex
	done  map[string]error
}

func (c *caller) request(m sipmsg.Method, callID, tag string, seq int) *sipmsg.Request {
	r := outgoing(m)
	r.Header.Set("Call-ID", callID)
	r.Header.Set("CSeq", fmt.Sprint(seq, " ", m))
	if tag != "" {
		r.Header.Set("To", "<sip:bob@example.com>;tag="+tag)
	}
	return r
}

func (c *caller) call(callID string) {
	var ack *sipmsg.Request
	answered := func(resp *sipmsg.Response, _ transport.Source) {
		if resp.Status < 200 {
			return
		}
		if ack == nil {
			to, _ := resp.Header.To()
			ack = c.request("ACK", callID, to.Tag(), 1)
			c.stack.Send(c.request("BYE", callID, to.Tag(), 2), toPeer("udp"), transaction.ClientEvents{
				End: func(err error) {
					c.mu.Lock()
					defer c.mu.Unlock()
					c.done[callID] = err
				},
			})
		}
		c.stack.SendAck(ack, toPeer("udp"))
	}
	c.stack.Send(c.request("INVITE", callID, "", 1), toPeer("udp"), transaction.ClientEvents{Response: answered})
}
