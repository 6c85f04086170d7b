package msrp

import (
	"sync/atomic"
	"time"
)

// Pace makes the connection that the message came on read nothing more for d,
// when the message has been dealt with: a sender above his rate is slowed down
// by TCP. Everybody on the connection waits, and so do the peer's responses,
// but no time passes for them: see [conn.heard]. It is called within
// Handler.Message. [SW-FLOW-05]
func (in *Incoming) Pace(d time.Duration) {
	r := &in.conn.in
	r.pause = max(r.pause, d)
}

// pause waits as long as a handler asked for, or until the connection ends.
func (c *conn) pause() {
	d := c.in.pause
	c.in.pause = 0
	c.deafen(nil, d)
}

// deafness is how long a connection was not read although it might have been.
type deafness struct {
	total atomic.Int64 // nanoseconds
	since atomic.Int64 // it is not read now, 0 = it is
}

// heard is a time on the clock of what the peer says, which stands still while nobody
// listens: answers and further chunks that wait to be read are not late.
func (c *conn) heard(now int64) int64 {
	now -= c.deaf.total.Load()
	if since := c.deaf.since.Load(); since != 0 {
		now -= c.ep.now() - since
	}
	return now
}

// deafen has the connection not read until known is closed, for at most d, or until it
// ends. It reports false if it has ended before. It is called by the reader.
func (c *conn) deafen(known <-chan struct{}, d time.Duration) bool {
	c.mu.Lock()
	if c.closed || c.draining {
		c.mu.Unlock()
		return false
	}
	gone := make(chan struct{})
	c.holding = gone
	c.mu.Unlock()
	begun := c.ep.now()
	c.deaf.since.Store(begun)
	c.frameSince.Store(0) // what is half read waits for us, not for the peer
	limit := time.NewTimer(d)
	defer limit.Stop()
	select {
	case <-known:
	case <-limit.C:
	case <-gone:
	case <-c.ep.life.Done():
	}
	c.mu.Lock()
	c.holding = nil
	c.mu.Unlock()
	now := c.ep.now()
	c.lastRead.Store(now)         // the peer was not silent: nobody listened
	c.deaf.total.Add(now - begun) // who looks between these two finds too little time gone by
	c.deaf.since.Store(0)
	return true
}
