package mixer

import (
	"sync"
	"time"

	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/msrp/msrpwire"
	"github.com/confab-chat/confab/sdp"
)

// composer paces the composing indications of one leg. Of those that come too
// soon the last one goes out when its time has come, so that nobody is shown as
// writing who has stopped. [COMP-05]
type composer struct {
	mu    sync.Mutex
	last  time.Time
	next  *indication // waits; nil: none
	timer *time.Timer
}

// indication is what a composing indication comes down to.
type indication struct {
	body []byte
	verdict
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

// pass reports whether the indication may go out now.
func (c *composer) pass(l *Leg, i *indication) bool {
	rate := l.mix.mixer.cfg.ComposingPerSecond
	if rate <= 0 {
		return true
	}
	every := time.Second / time.Duration(rate)
	now := l.mix.mixer.cfg.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if passed := now.Sub(c.last); passed < every {
		c.next = i
		if c.timer == nil {
			c.timer = time.AfterFunc(every-passed, func() { l.composesLate() })
		}
		return false
	}
	c.last = now
	return true
}

// drop forgets what waits, since the message itself is there, or the leg is gone.
func (c *composer) drop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.next = nil
	if c.timer != nil {
		c.timer.Stop()
		c.timer = nil
	}
}

// composesLate sends what has waited.
func (l *Leg) composesLate() {
	c := &l.composing
	c.mu.Lock()
	i := c.next
	c.next, c.timer = nil, nil
	c.last = l.mix.mixer.cfg.Now()
	c.mu.Unlock()
	if i != nil && l.open.Load() && !l.done.Load() {
		l.mix.compose(l, i)
	}
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
