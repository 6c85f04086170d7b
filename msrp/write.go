package msrp

import (
	"errors"
	"os"
	"runtime"
	"time"

	"github.com/confab-chat/confab/websocket/wsframe"
)

type eventKind uint8

const (
	eventSent eventKind = iota
	eventRelieved
	eventCall
)

// event is a call to a handler that has to wait until no lock is held.
type event struct {
	session *Session
	ref     uint64
	err     error
	call    func(error)
	kind    eventKind
}

// wake has the output written unless somebody is at it. A connection without output
// has no writer goroutine, which keeps idle ones small. Called with c.mu held.
func (c *conn) wake() {
	if c.writing || c.closed {
		return
	}
	c.writing = true
	c.ep.group.Add(1)
	if c.direct != nil {
		c.ep.queue(c)
		return
	}
	go c.write()
}

// write hands output to the connection until there is none: all that has been
// rendered meanwhile leaves in one write.
func (c *conn) write() {
	defer c.ep.group.Done()
	var done []event
	for {
		c.gather()
		var b *block
		if b, done = c.load(done); b == nil {
			return
		}
		c.show(b)
		var err error
		if done, err = c.unload(b, c.put(b), done); err != nil {
			return
		}
	}
}

// load takes out what is to be written next; nil if there is nothing, and then
// whoever writes has ended. Done is a buffer.
func (c *conn) load(done []event) (*block, []event) {
	c.mu.Lock()
	b := c.next()
	done = c.takeSettled(done[:0])
	if b != nil {
		c.unhurry()
		c.writeSince = c.ep.now()
		c.tickSoon()
		c.mu.Unlock()
		c.fire(done)
		return b, done
	}
	c.writing = false
	last := c.draining && c.due == 0
	linger := last && c.linger()
	c.mu.Unlock()
	c.fire(done)
	if last && !linger {
		c.fail(c.drainErr)
	}
	return nil, done
}

// unhurry takes away the deadline of the write before, which must not end the next one.
// Called with c.mu held.
func (c *conn) unhurry() {
	if c.hurried {
		c.hurried = false
		_ = c.nc.SetWriteDeadline(time.Time{}) // the write tells
	}
}

// unload notes that b has been written, or why not, which it returns. Done is a
// buffer.
func (c *conn) unload(b *block, err error, done []event) ([]event, error) {
	if err != nil { // nobody knows how much of it was
		c.pool().give(b)
		c.fail(err)
		return done, err
	}
	c.mu.Lock()
	done = c.account(b, done[:0])
	c.mu.Unlock()
	c.pool().give(b)
	c.fire(done)
	return done, nil
}

// gather lets others run before a write: who has filled a buffer a little may
// well fill it further at once, and one write costs the same for many frames.
func (c *conn) gather() {
	const turns = 2
	for range turns {
		runtime.Gosched()
		c.mu.Lock()
		enough := c.out.octets >= blockSmall || c.chunk.out != nil
		c.mu.Unlock()
		if enough {
			return
		}
	}
}

// linger ends our direction of a connection whose peer may still be sending; the
// rest is closed when it ends, too, or when the time for draining is over. Else
// unread octets would reset the connection, and with it our last answer.
func (c *conn) linger() bool {
	if c.web != nil {
		code := c.web.code
		if code == 0 {
			code = wsframe.Normal
		}
		if err := c.web.goodbye(code); err != nil {
			return false
		}
	}
	nc, ok := c.nc.(interface{ CloseWrite() error })
	return ok && !c.atEnd && nc.CloseWrite() == nil
}

// show shows b to the tap, if there is one.
func (c *conn) show(b *block) {
	if c.ep.cfg.Tap != nil {
		c.tapOut(b)
	}
}

// put writes the frames of b.
func (c *conn) put(b *block) error {
	if c.web == nil {
		return c.writeBlock(b.buf)
	}
	if err := c.web.write(b.buf); !errors.Is(err, os.ErrDeadlineExceeded) {
		return err
	}
	return ErrStalled
}

// writeBlock writes p. A deadline set by the sweep interrupts it; only when no
// octet at all was taken since is the connection stalled. [SW-FLOW-04]
func (c *conn) writeBlock(p []byte) error {
	for {
		n, err := c.nc.Write(p)
		if n < len(p) && n > 0 && errors.Is(err, os.ErrDeadlineExceeded) {
			p = p[n:]
			c.mu.Lock()
			c.writeSince = c.ep.now()
			err = c.nc.SetWriteDeadline(time.Time{})
			c.mu.Unlock()
			if err == nil {
				continue
			}
		}
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return ErrStalled
		}
		return err
	}
}

// account notes that b has been handed to the system. Called with c.mu held.
func (c *conn) account(b *block, done []event) []event {
	now := c.ep.now()
	c.writeSince, c.lastTraffic = 0, now
	for m := range b.marks() {
		s := m.session
		if s == nil {
			c.owed -= m.octets
			continue
		}
		if s.over {
			continue
		}
		s.flat -= m.octets
		s.frames -= m.frames
		if s.relieved() {
			done = append(done, event{session: s, kind: eventRelieved})
		}
	}
	// RFC 4975 §7.1.1: the timer runs from the last octet of the chunk.
	// [MSRP-SND-10]
	now = c.heard(now)
	from := c.arrival.hands(len(b.buf))
	for n := b.lo; n < b.hi; n++ {
		sl := c.ring.at(n)
		if sl == nil || sl.sent != 0 {
			continue
		}
		if sl.sent = now; sl.silent {
			c.departed(sl, from)
		}
	}
	return c.takeSettled(done)
}

// takeSettled moves the outcomes collected under the lock to done.
func (c *conn) takeSettled(done []event) []event {
	done = append(done, c.settled...)
	clear(c.settled)
	c.settled = c.settled[:0]
	return done
}

// fire calls the handlers. Called without locks.
func (c *conn) fire(events []event) {
	for _, e := range events {
		switch e.kind {
		case eventSent:
			e.session.cfg.Handler.Sent(e.ref, e.err)
		case eventRelieved:
			e.session.notifyCongested(false)
		case eventCall:
			e.call(e.err)
		}
	}
}
