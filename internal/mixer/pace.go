package mixer

import (
	"sync"
	"time"

	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/msrp/msrpwire"
)

// Rates bound what is sent; 0 is no limit. What comes above a rate is waited
// for: the sender's connection is not read meanwhile. Who would have to wait for
// more than five seconds is refused with 413. [SW-FLOW-05]
type Rates struct {
	Messages int   // a second, from one leg; twice as many at once
	Octets   int64 // a second, from one leg; at once two of the largest messages
	FanOut   int64 // octets a second that all copies in a conference have
}

// maxDelay is how long a sender above his rate is kept waiting.
const maxDelay = 5 * time.Second

// meter measures one leg, or one conference.
type meter struct {
	mu               sync.Mutex
	messages, octets bucket
}

// take counts a message and returns how long its sender is to wait before he is
// read again; ok is false if that is too long, and then it does not count.
func (m *meter) take(now time.Time, r Rates, size, burst int64) (wait time.Duration, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	wait = max(m.messages.debt(now, 1, float64(r.Messages), 2*float64(r.Messages)),
		m.octets.debt(now, float64(size), float64(r.Octets), float64(burst)))
	if wait > maxDelay {
		return 0, false
	}
	if r.Messages > 0 {
		m.messages.spent++
	}
	if r.Octets > 0 {
		m.octets.spent += float64(size)
	}
	return wait, true
}

// admit holds a leg and its conference to their rates. Composing indications
// have a rate of their own.
func (l *Leg) admit(in *msrp.Incoming, everybody bool) error {
	m := l.mix.mixer
	r := m.cfg.Rates
	now := m.cfg.Now()
	size := int64(len(in.Body()))
	wait, ok := l.meter.take(now, r, size, max(2*m.cfg.MaxMessage, 1<<20))
	if ok && everybody && r.FanOut > 0 {
		var more time.Duration
		all := size * int64(l.mix.crowd.Load())
		more, ok = l.mix.meter.take(now, Rates{Octets: r.FanOut}, all, r.FanOut)
		wait = max(wait, more)
	}
	if !ok {
		m.refused.Add(1)
		return &msrp.Error{Status: msrpwire.StatusStopSending, Comment: "Too much at once"}
	}
	if wait > 0 {
		m.paced.Add(1)
		in.Pace(wait)
	}
	return nil
}
