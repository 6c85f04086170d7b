package ua_test

import (
	"cmp"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/invite"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/ua"
)

// plan is what happens in a call, by its number.
type plan int

func (n plan) refused() bool    { return n%5 == 0 }
func (n plan) cancelled() bool  { return n%7 == 0 }
func (n plan) calleeEnds() bool { return n%3 == 0 }
func (n plan) reinvites() bool  { return n%2 == 0 }

// leg is one side of a call over the bad network: it is told how the call goes.
type leg struct {
	plan   plan
	callee bool
	lasts  time.Duration         // 0: 40 s
	more   func(*invite.Session) // what else happens in the session; nil: nothing

	mu        sync.Mutex
	session   *invite.Session
	confirmed bool
	failures  []error
	ends      []invite.Cause
}

// talk lets the session last a while and ends it, if that is for this side.
func (l *leg) talk(s *invite.Session) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.session, l.confirmed = s, true
	if l.plan.reinvites() {
		again := invite.Answer{Body: []byte(sdp)}
		time.AfterFunc(5*time.Second, func() { s.Reinvite(again, func(*sipmsg.Response, error) {}) })
	}
	if l.more != nil {
		l.more(s)
	}
	if l.callee == l.plan.calleeEnds() {
		time.AfterFunc(cmp.Or(l.lasts, 40*time.Second), func() { s.Bye() })
	}
}

func (l *leg) Progress(*sipmsg.Response) {}

func (l *leg) Answered(s *invite.Session, _ *sipmsg.Response, _ []byte) (invite.SessionHandler, invite.Answer) {
	l.talk(s)
	return l, invite.Answer{}
}

func (l *leg) Failed(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failures = append(l.failures, err)
}

func (l *leg) Confirmed(*sipmsg.Request) {
	l.mu.Lock()
	s := l.session
	l.mu.Unlock()
	l.talk(s)
}

func (l *leg) Reoffer(r *invite.Reoffer) { r.Accept(invite.Answer{Body: []byte(sdp)}, nil) }

func (l *leg) Ended(end invite.End) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ends = append(l.ends, end.Cause)
}

// exchange keeps the legs of the callee, by Call-ID, and answers as planned.
type exchange struct {
	ring func(in *invite.Incoming, l *leg) // nil: a plain 180

	mu   sync.Mutex
	legs map[string]*leg
}

func (x *exchange) Invite(in *invite.Incoming) {
	l := &leg{plan: planned(in), callee: true}
	x.mu.Lock()
	x.legs[in.Request().Header.CallID()] = l
	x.mu.Unlock()
	if x.ring != nil {
		x.ring(in, l)
	} else {
		in.Provisional(180, invite.Answer{})
	}
	time.AfterFunc(time.Second, func() {
		if l.plan.refused() {
			in.Reject(&sip.Error{Status: 486})
			return
		}
		in.Do(func() { // so that nothing is told before the session is noted
			s := in.Accept(invite.Answer{Body: []byte(sdp)}, l)
			l.mu.Lock()
			defer l.mu.Unlock()
			l.session = s
		})
	})
}

// TestCallsOverBadNetwork makes 200 calls, some of them refused, cancelled and
// re-negotiated, over a network that loses, repeats and reorders: both sides agree in
// the end about each, and nothing is left of it.
func TestCallsOverBadNetwork(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := &exchange{legs: make(map[string]*leg)}
		r := newRough(t, ua.Config{}, ua.Config{Invite: x})
		legs := make(map[string]*leg)
		for n := range plan(200) {
			l := &leg{plan: n}
			legs[r.call(n, []byte(sdp), l, time.Second)] = l
		}
		<-time.After(time.Hour) // where no BYE arrived the session timer ends it, of 30 minutes
		synctest.Wait()
		if talks := talked(t, legs, x.legs); talks < 120 {
			t.Errorf("only %d calls came about", talks)
		}
		r.done(t)
	})
}

// talked fails the test unless both sides agree about every call. It returns how many
// came about.
func talked(t *testing.T, callers, callees map[string]*leg) (n int) {
	t.Helper()
	for id, l := range callers {
		if agree(t, id, l, callees[id]) {
			n++
		}
	}
	return n
}

// agree fails the test unless both sides were told the same of a call, once. It
// reports whether they talked.
func agree(t *testing.T, id string, caller, callee *leg) bool {
	t.Helper()
	talked := caller.session != nil
	if (len(caller.failures) == 1) == talked || len(caller.failures) > 1 || (len(caller.ends) == 1) != talked {
		t.Errorf("%s: caller talked: %v, failures %v, ends %v", id, talked, caller.failures, caller.ends)
	}
	if callee == nil { // no copy of the INVITE arrived until Timer B
		want := 408
		if caller.plan.cancelled() {
			want = 487 // as for every call that is given up
		}
		if !errors.Is(errors.Join(caller.failures...), &sip.Error{Status: want}) {
			t.Errorf("%s: never arrived, but caller: %v, want %d", id, caller.failures, want)
		}
		return false
	}
	if (callee.session != nil) != (len(callee.ends) == 1) {
		t.Errorf("%s: callee accepted: %v, ends %v", id, callee.session != nil, callee.ends)
	}
	if talked && callee.session == nil || callee.confirmed && !talked && !caller.plan.cancelled() {
		t.Errorf("%s: talked: %v, callee confirmed: %v", id, talked, callee.confirmed)
	}
	// Two may lose sight of each other at the same time, but only one hangs up.
	if talked && callee.confirmed && caller.ends[0] == callee.ends[0] && caller.ends[0] != invite.Lost {
		t.Errorf("%s: both ended by %v", id, callee.ends[0])
	}
	return talked
}
