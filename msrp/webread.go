package msrp

import (
	"errors"
	"io"
	"math"
	"time"

	"github.com/confab-chat/confab/websocket/wsframe"
)

var (
	errWebFrame = &wsframe.Error{Code: wsframe.ProtocolError, Problem: "not one MSRP message"}
	errWebText  = &wsframe.Error{Code: wsframe.InvalidData, Problem: "text that is no UTF-8"}
	errWebLarge = &wsframe.Error{Code: wsframe.TooBig, Problem: "message too large"}
)

// webMessage is the WebSocket message that is being read.
type webMessage struct {
	open  bool // it has begun and not ended
	final bool // the frame at hand is its last
	left  int  // octets of that frame still to come
	mask  [4]byte
	size  int // octets of the message so far
	text  utf8Check
	held  []byte // octets of the MSRP message that the decoder wants to see again
}

// readWeb takes frames from a WebSocket until the connection ends.
func (c *conn) readWeb() {
	w := c.web
	small := make([]byte, readSmall)
	buf := small
	held := copy(buf, w.early)
	if len(w.early) > len(buf) {
		buf = w.early
		held = len(buf)
	}
	w.early = nil
	var err error
	for {
		used, fatal := c.frames(buf[:held])
		if fatal != nil {
			c.closes(fatal)
			c.discard(small)
			return
		}
		full := held == len(buf)
		held = copy(buf, buf[used:held])
		buf = c.resize(buf, small, held, full)
		c.markFrame(held + len(w.in.held))
		if err != nil {
			c.ended(err)
			return
		}
		var n int
		if n, err = c.nc.Read(buf[held:]); n > 0 {
			c.lastRead.Store(c.ep.now())
			held += n
		}
	}
}

// closes ends the connection because of err, with the code it has. What is due
// goes out first. [WS-10] [WS-11]
func (c *conn) closes(err error) {
	if broken := (*wsframe.Error)(nil); errors.As(err, &broken) {
		c.mu.Lock()
		c.web.code = broken.Code
		c.mu.Unlock()
	}
	if errors.Is(err, io.EOF) {
		c.ended(io.EOF)
		return
	}
	c.drain(err)
}

// frames takes the frames in b and returns how many octets that took.
func (c *conn) frames(b []byte) (used int, fatal error) {
	in := &c.web.in
	for fatal == nil {
		if in.left > 0 {
			p := b[used:min(len(b), used+in.left)]
			if len(p) == 0 {
				break
			}
			used += len(p)
			fatal = c.payload(p)
			continue
		}
		h, n, err := c.web.role.Parse(b[used:], math.MaxInt32)
		if errors.Is(err, wsframe.ErrIncomplete) {
			break
		}
		switch {
		case err != nil:
			return used, err
		case h.Opcode.Control():
			if len(b) < used+n+h.Length {
				c.keepHead()
				return used, nil
			}
			p := b[used+n : used+n+h.Length]
			used += n + h.Length
			wsframe.XOR(p, h.Mask)
			fatal = c.control(h.Opcode, p)
		default:
			used += n
			fatal = c.dataFrame(&h)
		}
	}
	if fatal == nil {
		c.keepHead()
	}
	return used, fatal
}

// keepHead lets the buffer be used again though a message is not yet acted upon.
func (c *conn) keepHead() {
	if c.in.complete {
		c.in.dec.Keep()
	}
}

// dataFrame begins a frame of a message, in whatever fragments that comes.
// RFC 6455 §5.4. [WS-09] [WS-10]
func (c *conn) dataFrame(h *wsframe.Header) error {
	in := &c.web.in
	if in.open != (h.Opcode == wsframe.Continuation) {
		return errWebFrame
	}
	if !in.open {
		*in = webMessage{open: true, held: in.held[:0], text: utf8Check{skip: h.Opcode != wsframe.Text}}
		c.in.messages, c.in.complete = 0, false
	}
	if in.size += h.Length; in.size > c.web.limit { // counted over all fragments [WS-04] [WS-09]
		return errWebLarge
	}
	in.final, in.left, in.mask = h.Final, h.Length, h.Mask
	if in.left == 0 && in.final {
		return c.endMessage()
	}
	return nil
}

// payload takes the next octets of the frame at hand.
func (c *conn) payload(p []byte) error {
	in := &c.web.in
	wsframe.XOR(p, in.mask)
	in.mask = wsframe.Rotate(in.mask, len(p))
	in.left -= len(p)
	switch {
	case !in.text.take(p):
		return errWebText // [WS-10]
	case c.in.complete:
		return errWebFrame // behind the end-line [WS-02]
	}
	if len(in.held) > 0 {
		in.held = append(in.held, p...)
		p = in.held
	}
	used, fatal := c.consume(p)
	switch {
	case fatal != nil:
		return fatal
	case c.in.complete && used < len(p), c.in.messages > 1:
		return errWebFrame
	}
	if used < len(p) || len(in.held) > 0 {
		in.held = append(in.held[:0], p[used:]...)
	}
	if in.left == 0 && in.final {
		return c.endMessage()
	}
	return nil
}

// endMessage acts upon the MSRP message that a WebSocket message held: one, from
// its start to its end-line. RFC 7977 §5.1. [WS-02]
func (c *conn) endMessage() error {
	in := &c.web.in
	in.open = false
	if cap(in.held) > readSmall {
		in.held = nil
	}
	switch {
	case !in.text.whole():
		return errWebText
	case c.in.messages != 1 || len(in.held) > 0 || c.in.dec.Open():
		return errWebFrame
	case c.in.complete:
		c.in.complete = false
		c.onEnd()
	}
	return c.in.fatal
}

// control serves a control frame, also between the fragments of a message.
// RFC 6455 §5.5. [WS-09]
func (c *conn) control(op wsframe.Opcode, payload []byte) error {
	switch op {
	case wsframe.Ping:
		return c.web.control(wsframe.Pong, payload)
	case wsframe.Pong:
		c.mu.Lock()
		c.web.waiting = false
		c.mu.Unlock()
	case wsframe.Close:
		code, _, err := wsframe.ParseClose(payload)
		if err != nil {
			return err
		}
		if code != wsframe.NoStatus {
			c.mu.Lock()
			c.web.code = code // answered with the same
			c.mu.Unlock()
		}
		return io.EOF
	case wsframe.Continuation, wsframe.Text, wsframe.Binary: // no control frames
	}
	return nil
}

// ping asks a peer for a sign of life from time to time; without one the
// connection has failed; now is a time of [conn.heard]. It says when to look again. Called with c.mu held.
// RFC 7977 §6. [WS-07]
func (c *conn) ping(now int64, f *findings) time.Duration {
	w, every := c.web, c.ep.cfg.Ping
	switch {
	case w == nil || every < 0:
		return math.MaxInt64
	case w.waiting && now-w.pinged >= int64(c.ep.cfg.PongTimeout):
		f.fatal = ErrNoAnswer
	case !w.waiting && now-max(w.pinged, c.born) >= int64(every):
		w.waiting, w.pinged = true, now
		c.ep.group.Go(func() {
			if err := w.control(wsframe.Ping, nil); err != nil {
				c.fail(err)
			}
		})
	}
	return min(every, c.ep.cfg.PongTimeout)
}
