package ua_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/event"
	"github.com/confab-chat/confab/sip/invite"
	"github.com/confab-chat/confab/sip/refer"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
	"github.com/confab-chat/confab/sip/ua"
)

// ledger counts what was told of something that has to end once.
type ledger struct {
	refer.Watch
	mu       sync.Mutex
	accepted int
	ended    int
	status   int // of the outcome
	err      error
}

func (l *ledger) Accepted(*sipmsg.Response) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.accepted++
}

func (l *ledger) Ended(o refer.Outcome) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended++
	l.status, l.err = o.Status, o.Err
}

// obliging does what REFERs ask for, and says so.
type obliging struct{}

func (obliging) Refer(in *refer.Incoming) {
	r := in.Accept("")
	time.AfterFunc(2*time.Second, func() { r.Report(180, "Ringing") })
	time.AfterFunc(5*time.Second, func() { r.Report(200, "OK") })
}

// usages is a stack with all that is used inside dialogs: session timers of 90 s,
// REFER, and a package to subscribe to.
func usages(h invite.Handler, n event.Notifier) ua.Config {
	return ua.Config{
		Invite: h, SessionExpires: 90 * time.Second,
		Refer: refer.Config{Handler: obliging{}}, Packages: []event.Package{{Name: "conference", MinExpires: 60, Notifier: n}},
	}
}

// TestUsagesOverBadNetwork makes 120 calls of four minutes with reliable provisional
// responses, UPDATE and refreshes of the session at both sides, and REFER in some, over
// the bad network: both sides agree in the end about each, and nothing is left.
func TestUsagesOverBadNetwork(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := &exchange{legs: make(map[string]*leg)}
		x.ring = func(in *invite.Incoming, l *leg) {
			l.lasts = 4 * time.Minute
			in.Reliably(180, invite.Answer{}, nil)
		}
		r := newRough(t, usages(nil, dull{}), usages(x, dull{}))
		target, _ := sipmsg.ParseAddress("<sip:carol@10.0.0.3>")
		legs := make(map[string]*leg)
		var refers []*ledger
		var mu sync.Mutex // guards refers
		for n := range plan(120) {
			l := &leg{plan: n, lasts: 4 * time.Minute}
			l.more = func(s *invite.Session) {
				if n%3 > 0 {
					time.AfterFunc(8*time.Second, func() { s.Update(invite.Answer{Body: []byte(sdp)}, func(*sipmsg.Response, error) {}) })
				}
				if n%4 == 1 {
					w := &ledger{}
					mu.Lock()
					refers = append(refers, w)
					mu.Unlock()
					time.AfterFunc(12*time.Second, func() { r.alice.Refer.ReferInside(s.Dialog(), refer.Order{To: target}, w) })
				}
			}
			legs[r.call(n, []byte(sdp), l, time.Second)] = l
		}
		<-time.After(15 * time.Minute)
		synctest.Wait()
		talks, done := talked(t, legs, x.legs), 0
		for i, w := range refers {
			if w.ended != 1 || w.accepted > 1 {
				t.Errorf("REFER %d: accepted %d times, ended %d times", i, w.accepted, w.ended)
			}
			if w.status == 200 {
				done++
			}
		}
		if talks < 60 || done < len(refers)*3/4 {
			t.Errorf("only %d calls came about, and %d of %d REFERs", talks, done, len(refers))
		}
		r.done(t)
	})
}

// pages hands out subscriptions and counts how they end.
type pages struct {
	mu           sync.Mutex
	begun, ended int
}

func (p *pages) Subscribe(in *event.Incoming) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.begun++
	in.Accept(page{p}, "")
}

type page struct{ p *pages }

func (page) Next(event.Pull) (event.Body, bool) {
	return event.Body{ContentType: "text/plain", Data: []byte("x")}, true
}
func (page) Refresh(*sipmsg.Request, transport.Source) *sip.Error { return nil }
func (g page) Ended(event.Termination) {
	g.p.mu.Lock()
	defer g.p.mu.Unlock()
	g.p.ended++
}

// reader counts what a watch is told.
type reader struct {
	mu          sync.Mutex
	told, ended int
}

func (r *reader) Notified(event.Notification) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.told++
}

func (r *reader) Ended(event.Termination) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended++
}

// TestSubscriptionsOverBadNetwork subscribes a hundred times, refreshes and takes leave:
// each ends once at both sides.
func TestSubscriptionsOverBadNetwork(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &pages{}
		x := newRough(t, usages(nil, dull{}), usages(nil, p))
		readers := make([]*reader, 100)
		for i := range readers {
			readers[i] = &reader{}
			w := x.alice.Event.Subscribe(x.out, event.Interest{Event: "conference", Expires: 120}, readers[i])
			time.AfterFunc(5*time.Minute, w.Unsubscribe)
			<-time.After(50 * time.Millisecond)
		}
		<-time.After(15 * time.Minute)
		synctest.Wait()
		heard := 0
		for i, r := range readers {
			if r.ended != 1 {
				t.Errorf("watch %d ended %d times", i, r.ended)
			}
			if r.told > 1 {
				heard++
			}
		}
		if p.begun != p.ended || heard < 90 {
			t.Errorf("%d begun, %d ended, %d heard of more than once", p.begun, p.ended, heard)
		}
		x.done(t)
	})
}
