package msrp

import (
	"bytes"
	"errors"
	"io"
	"sync"

	"github.com/confab-chat/confab/msrp/msrpwire"
)

const (
	readSmall = 4 << 10
	readLarge = 32 << 10
)

// readPool keeps the large read buffers; a connection holds one only while its
// peer sends much.
type readPool struct{ large sync.Pool }

func (p *readPool) take() []byte {
	if b, _ := p.large.Get().(*[readLarge]byte); b != nil {
		return b[:]
	}
	return make([]byte, readLarge)
}

func (p *readPool) give(b []byte) {
	if len(b) == readLarge {
		p.large.Put((*[readLarge]byte)(b))
	}
}

// takeWith returns a buffer that begins with rest and has room behind it.
func (p *readPool) takeWith(rest []byte) []byte {
	if 2*len(rest) > readLarge { // a header block close to its limits
		buf := make([]byte, 2*len(rest))
		copy(buf, rest)
		return buf
	}
	buf := p.take()
	copy(buf, rest)
	return buf
}

// read takes octets from the connection until it ends.
func (c *conn) read() {
	defer c.ep.group.Done()
	if err := c.handshake(); err != nil {
		c.fail(err)
		return
	}
	switch {
	case c.web != nil:
		c.readWeb()
	case c.direct != nil:
		c.readDirect()
	default:
		c.readAlways()
	}
}

// readDirect reads from a bare TCP connection. While nothing comes it has no buffer but
// for the beginning of a header block; so few buffers serve all connections, idle ones
// are small, and what is read next to each other lies in the processor's cache.
func (c *conn) readDirect() {
	var rest []byte
	for {
		buf, n, err := c.direct.read(&c.ep.reads, rest)
		if n > 0 {
			c.lastRead.Store(c.ep.now())
			held := len(rest) + n
			used, fatal := c.consume(buf[:held])
			if fatal != nil {
				c.drain(fatal)
				c.discard(buf)
				return
			}
			rest = bytes.Clone(buf[used:held])
			c.markFrame(len(rest))
		}
		c.ep.reads.give(buf)
		if err != nil {
			c.ended(err)
			return
		}
	}
}

// readAlways reads from a connection that cannot tell when there is something.
func (c *conn) readAlways() {
	small := make([]byte, readSmall)
	buf, held := small, 0
	for {
		n, err := c.nc.Read(buf[held:])
		if n > 0 {
			c.lastRead.Store(c.ep.now())
			held += n
			used, fatal := c.consume(buf[:held])
			if fatal != nil {
				c.drain(fatal)
				c.discard(buf)
				return
			}
			full := held == len(buf)
			held = copy(buf, buf[used:held])
			buf = c.resize(buf, small, held, full)
			c.markFrame(held)
		}
		if err != nil {
			c.ended(err)
			return
		}
	}
}

// resize changes to a large buffer when a small one was filled by one read, and
// back when nothing is left in it.
func (c *conn) resize(buf, small []byte, held int, full bool) []byte {
	switch {
	case full && len(buf) == readSmall, full && held == len(buf):
		next := c.ep.reads.take()
		if len(buf) >= readLarge { // a header block close to its limits
			next = make([]byte, 2*len(buf))
		}
		copy(next, buf[:held])
		c.ep.reads.give(buf)
		return next
	case !full && held == 0 && len(buf) != readSmall:
		c.ep.reads.give(buf)
		return small
	}
	return buf
}

// markFrame tells the sweep whether a message is half read.
func (c *conn) markFrame(held int) {
	open := c.in.dec.Open()
	if open != c.inBody.Load() {
		c.inBody.Store(open)
	}
	half := !open && held > 0
	switch since := c.frameSince.Load(); {
	case half && since == 0:
		c.frameSince.Store(c.ep.now())
	case !half && since != 0:
		c.frameSince.Store(0)
	}
	if half || open {
		c.mu.Lock()
		c.tickSoon()
		c.mu.Unlock()
	}
}

// ended handles the end of input: a message cut by it is dropped, responses
// that are due are still written. [MSRP-CON-16]
func (c *conn) ended(err error) {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) { // TLS may end without close_notify
		c.mu.Lock()
		c.atEnd = true
		c.mu.Unlock()
		c.drain(ErrEnd)
		return
	}
	c.fail(err)
}

// discard reads on without looking, so that what the peer has sent does not
// reset the connection before it has read our last answer.
func (c *conn) discard(buf []byte) {
	for {
		if _, err := c.nc.Read(buf); err != nil {
			c.ended(err)
			return
		}
	}
}

// consume hands the messages in b to the receiver and returns how many octets
// that took. An error means that the connection must end.
func (c *conn) consume(b []byte) (used int, fatal error) {
	r := &c.in
	for r.fatal == nil {
		ev, n, err := r.dec.Next(b[used:])
		piece := b[used : used+n]
		used += n
		if c.ep.cfg.Tap != nil {
			c.tapIn(piece, ev == msrpwire.GotEnd || err != nil)
		}
		switch {
		case err != nil:
			r.messages++
			c.malformed(err)
		case ev == msrpwire.NeedMore:
			return used, nil
		case ev == msrpwire.GotHead:
			c.onHead()
		case ev == msrpwire.GotBody:
			c.onBody(piece)
		case ev == msrpwire.GotEnd:
			if r.messages++; c.web != nil {
				r.complete = true
				return used, nil // acted upon when nothing follows it [WS-02]
			}
			c.onEnd()
			if r.pause > 0 {
				c.pause()
			}
		}
	}
	return used, r.fatal
}
