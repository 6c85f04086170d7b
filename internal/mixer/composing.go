package mixer

import (
	"slices"
	"sync"
	"time"

	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/msrp/msrpwire"
	"github.com/confab-chat/confab/sdp"
)

// composer paces the composing indications of one leg. Of those that come too
// soon the last one to each addressee goes out when its time has come, so that
// nobody is shown as writing who has stopped. [COMP-05]
type composer struct {
	mu    sync.Mutex
	last  time.Time
	next  []*indication // wait, each for another addressee
	timer *time.Timer
}

// composingMost is how many indications of a leg wait; beyond that the oldest is
// forgotten.
const composingMost = 16

// indication is what a composing indication comes down to.
type indication struct {
	body []byte
	verdict
}

// addressee is whom a message is for: the key of the address, "" for everybody.
func (v *verdict) addressee() string {
	if v.everybody {
		return ""
	}
	return addressKey(v.to)
}

// composes takes a composing indication (RFC 3994): it goes out, or it waits.
func (l *Leg) composes(in *msrp.Incoming, v verdict) {
	now := &indication{body: in.Body(), verdict: v}
	if !v.everybody {
		if _, err := l.mix.recipients(l, v); err != nil {
			in.Refuse(err)
			return
		}
	}
	in.Accept()
	if l.composing.pass(l, now) {
		l.mix.compose(l, now)
	}
}

// pass reports whether the indication may go out now; else it waits.
func (c *composer) pass(l *Leg, i *indication) bool {
	rate := l.mix.mixer.cfg.ComposingPerSecond
	if rate <= 0 {
		return true
	}
	every := time.Second / time.Duration(rate)
	now := l.mix.mixer.cfg.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.remove(i.addressee())
	passed := now.Sub(c.last)
	if passed >= every {
		c.last = now
		return true
	}
	c.next = append(c.next, i)
	if len(c.next) > composingMost {
		c.next = c.next[1:]
	}
	if c.timer == nil {
		c.timer = time.AfterFunc(every-passed, func() { l.composesLate(every) })
	}
	return false
}

// remove is called with mu held.
func (c *composer) remove(addressee string) {
	c.next = slices.DeleteFunc(c.next, func(i *indication) bool { return i.addressee() == addressee })
}

// drop forgets what waits for an addressee, since the message itself is there.
func (c *composer) drop(addressee string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.remove(addressee)
}

// stop forgets everything, for the leg is gone.
func (c *composer) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.next = nil
	if c.timer != nil {
		c.timer.Stop()
		c.timer = nil
	}
}

// composesLate sends what has waited for longest, and has the rest wait on.
func (l *Leg) composesLate(every time.Duration) {
	c := &l.composing
	c.mu.Lock()
	if c.timer = nil; len(c.next) == 0 || !l.open.Load() || l.done.Load() {
		c.mu.Unlock()
		return
	}
	i := c.next[0]
	if c.next = c.next[1:]; len(c.next) > 0 {
		c.timer = time.AfterFunc(every, func() { l.composesLate(every) })
	}
	c.last = l.mix.mixer.cfg.Now()
	c.mu.Unlock()
	l.mix.compose(l, i)
}

// compose passes a composing indication to those who are there, take the type
// and keep up. It is never kept, and nobody answers it. [COMP-03] [COMP-04]
// [SW-FLOW-02]
func (x *mix) compose(from *Leg, i *indication) {
	shared, err := msrp.Prepare(msrp.Message{
		ContentType: sdp.TypeCPIM, Body: i.body, FailureReport: msrpwire.FailureNo,
	})
	if err != nil {
		return
	}
	legs := x.others(from)
	if !i.everybody {
		if legs, err = x.recipients(from, i.verdict); err != nil {
			return
		}
	}
	for _, l := range legs {
		h := l.current.Load()
		if h != nil && !h.session.Congested() && l.terms.Load().wants(i.content) {
			_ = l.send(shared, 0)
		}
	}
}
