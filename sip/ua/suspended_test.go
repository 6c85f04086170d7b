package ua_test

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/invite"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/ua"
)

// waiter is one side of a call whose session waits for resources: a reliable 183 with the
// answer, PRACK, UPDATE, another reliable response, 200. What both sides have agreed on
// last is counted by the version in their descriptions.
type waiter struct {
	leg

	in      *invite.Incoming
	version int // of the last complete exchange
	updates int // UPDATEs that the callee has answered
}

func versioned(n int) []byte { return fmt.Appendf(nil, "v=0\no=x 1 %d IN IP4 10.0.0.1\n", n) }

func version(body []byte) (n int) {
	_, _ = fmt.Sscanf(string(body), "v=0\no=x 1 %d", &n)
	return n
}

// EarlyAnswer reserves for a second, and tells.
func (w *waiter) EarlyAnswer(b *invite.Branch, resp *sipmsg.Response) invite.Answer {
	w.agreed(resp.Body)
	time.AfterFunc(time.Second, func() {
		b.Update(invite.Answer{Body: versioned(2)}, func(resp *sipmsg.Response, err error) {
			if err == nil {
				w.agreed(resp.Body)
			}
		})
	})
	return invite.Answer{}
}

func (w *waiter) EarlyOffer(_ *invite.Branch, r *invite.Reoffer) { r.Reject(&sip.Error{Status: 488}) }

func (w *waiter) agreed(body []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.version = max(w.version, version(body))
}

// resumed is the callee's part: the resources are there.
func (w *waiter) resumed(r *invite.Reoffer) {
	r.Accept(invite.Answer{Body: versioned(version(r.Request().Body))}, nil)
	w.agreed(r.Request().Body)
	w.mu.Lock()
	w.updates++
	again := w.updates > 1
	w.mu.Unlock()
	switch {
	case again:
	case w.plan.refused():
		w.in.Reject(&sip.Error{Status: 580})
	default:
		w.in.Reliably(180, invite.Answer{}, nil)
		s := w.in.Accept(invite.Answer{}, w)
		w.mu.Lock()
		defer w.mu.Unlock()
		w.session = s
	}
}

func (w *waiter) Answered(s *invite.Session, _ *sipmsg.Response, _ []byte) (invite.SessionHandler, invite.Answer) {
	w.talk(s)
	return w, invite.Answer{}
}

// waiters are the callee's sides, by Call-ID.
type waiters struct {
	mu   sync.Mutex
	legs map[string]*waiter
}

func (x *waiters) Invite(in *invite.Incoming) {
	w := &waiter{leg: leg{plan: planned(in), callee: true}, in: in}
	x.mu.Lock()
	x.legs[in.Request().Header.CallID()] = w
	x.mu.Unlock()
	in.OnOffer(w.resumed)
	in.Reliably(183, invite.Answer{Body: versioned(1)}, nil)
}

// talk lets the session be refreshed a few times before it is ended.
func (w *waiter) talk(s *invite.Session) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.session, w.confirmed = s, true
	if w.callee == w.plan.calleeEnds() {
		time.AfterFunc(200*time.Second, func() { s.Bye() })
	}
}

func (w *waiter) Confirmed(*sipmsg.Request) {
	w.mu.Lock()
	s := w.session
	w.mu.Unlock()
	w.talk(s)
}

// TestSuspendedCallsOverBadNetwork makes 200 calls with 100rel, UPDATE and session timers
// over a network that loses 30 %, repeats and reorders: each comes about or fails, at both
// sides alike, and those that came about agree on the description and last as long as
// they should.
func TestSuspendedCallsOverBadNetwork(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := &waiters{legs: make(map[string]*waiter)}
		timed := ua.Config{SessionExpires: 90 * time.Second, MinSE: 90 * time.Second}
		answering := timed
		answering.Invite = x
		r := newRough(t, timed, answering)
		legs := make(map[string]*waiter)
		for n := range plan(200) {
			w := &waiter{leg: leg{plan: n}}
			legs[r.call(n, versioned(1), w, time.Duration(n)*20*time.Millisecond)] = w
		}
		<-time.After(10 * time.Minute)
		synctest.Wait()
		talks := 0
		for id, w := range legs {
			other := x.legs[id]
			var callee *leg
			if other != nil {
				callee = &other.leg
			}
			if !agree(t, id, &w.leg, callee) {
				continue
			}
			talks++
			// Whose UPDATE is never answered has lost the session (RFC 3261 §12.2.1.2).
			if w.version != 2 && w.ends[0] != invite.Lost || other.version != 2 {
				t.Errorf("%s: caller has agreed on %d, callee on %d", id, w.version, other.version)
			}
		}
		if talks < 120 {
			t.Errorf("only %d calls came about", talks)
		}
		lasted(t, x)
		r.done(t)
	})
}

// lasted fails the test unless most sessions were ended by who was to end them: the
// refreshes have kept them alive.
func lasted(t *testing.T, x *waiters) {
	t.Helper()
	n, lost := 0, 0
	for _, w := range x.legs {
		if w.confirmed {
			n++
			if w.ends[0] == invite.Lost {
				lost++
			}
		}
	}
	if lost > n/20 {
		t.Errorf("%d of %d sessions were lost", lost, n)
	}
}
