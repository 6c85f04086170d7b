package msrp

import "time"

// Pace makes the connection that the message came on read nothing more for d,
// when the message has been dealt with: a sender above his rate is slowed down
// by TCP. Everybody on the connection waits, and so do the peer's responses. It
// is called within Handler.Message. [SW-FLOW-05]
func (in *Incoming) Pace(d time.Duration) {
	r := &in.conn.in
	r.pause = max(r.pause, d)
}

// pause waits as long as a handler asked for, or until the connection ends.
func (c *conn) pause() {
	d := c.in.pause
	c.in.pause = 0
	c.mu.Lock()
	if c.closed || c.draining {
		c.mu.Unlock()
		return
	}
	gone := make(chan struct{})
	c.holding = gone
	c.mu.Unlock()
	c.frameSince.Store(0) // what is half read waits for us, not for the peer
	limit := time.NewTimer(d)
	defer limit.Stop()
	select {
	case <-limit.C:
	case <-gone:
	case <-c.ep.life.Done():
	}
	c.mu.Lock()
	c.holding = nil
	c.mu.Unlock()
	c.lastRead.Store(c.ep.now()) // the peer was not silent: nobody listened
}
