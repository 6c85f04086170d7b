package msrp

import (
	"context"
	"errors"
	"io"
	"math"
	"time"
	"unicode/utf8"

	"github.com/coder/websocket"
)

var (
	errWebFrame = errors.New("msrp: not one message in a WebSocket message")
	errWebText  = errors.New("msrp: text message that is not UTF-8")
)

// readWeb takes WebSocket messages until the connection ends.
func (c *conn) readWeb() {
	buf := make([]byte, readSmall)
	small := buf
	for {
		kind, r, err := c.web.ws.Reader(context.Background())
		if err == nil {
			buf, err = c.readMessage(kind, r, buf, small)
		}
		switch {
		case err == nil:
			buf = c.resize(buf, small, 0, false)
			continue
		case websocket.CloseStatus(err) >= 0: // the peer's close frame
			err = errors.Join(io.EOF, err)
		case c.in.fatal != nil:
			c.drain(c.in.fatal)
			c.discard(small)
			return
		case !errors.Is(err, io.EOF):
			// What the library refuses breaks the protocol. [WS-10]
			_ = c.web.goodbye(websocket.StatusProtocolError)
		}
		c.ended(err)
		return
	}
}

// readMessage reads one WebSocket message, in whatever fragments it comes, which
// must be one MSRP message from its start to its end-line. RFC 7977 §5.1.
// [WS-02] [WS-09]
func (c *conn) readMessage(kind websocket.MessageType, r io.Reader, buf, small []byte) ([]byte, error) {
	held := 0
	text := utf8Check{skip: kind != websocket.MessageText}
	c.in.messages, c.in.complete = 0, false
	for {
		n, err := r.Read(buf[held:])
		c.lastRead.Store(c.ep.now())
		if !text.take(buf[held : held+n]) {
			return buf, c.breaks(websocket.StatusInvalidFramePayloadData, errWebText) // [WS-10]
		}
		held += n
		used, fatal := c.consume(buf[:held])
		if fatal != nil {
			return buf, fatal
		}
		full := held == len(buf)
		held = copy(buf, buf[used:held])
		if !c.in.complete { // its head may still be a view of buf
			buf = c.resize(buf, small, held, full)
		}
		c.markFrame(held)
		switch {
		case c.in.messages > 1, c.in.complete && held > 0:
			return buf, c.breaks(websocket.StatusProtocolError, errWebFrame)
		case errors.Is(err, io.EOF):
			return buf, c.endMessage(held, &text)
		case err != nil:
			return buf, err
		}
	}
}

// endMessage acts upon the MSRP message that a WebSocket message held.
func (c *conn) endMessage(held int, text *utf8Check) error {
	switch {
	case !text.whole():
		return c.breaks(websocket.StatusInvalidFramePayloadData, errWebText)
	case c.in.messages != 1 || held > 0 || c.in.dec.Open():
		return c.breaks(websocket.StatusProtocolError, errWebFrame)
	case c.in.complete:
		c.onEnd()
	}
	return c.in.fatal
}

// breaks notes that the peer broke a rule, and with which code the connection is
// closed for it.
func (c *conn) breaks(code websocket.StatusCode, err error) error {
	c.web.code, c.in.fatal = code, err
	return err
}

// utf8Check checks text that comes in pieces.
type utf8Check struct {
	skip bool
	tail []byte // the beginning of a character
}

// take reports whether what came so far may be the beginning of valid UTF-8.
func (u *utf8Check) take(p []byte) bool {
	if u.skip {
		return true
	}
	for len(u.tail) > 0 && len(p) > 0 && !utf8.FullRune(u.tail) {
		u.tail, p = append(u.tail, p[0]), p[1:]
	}
	if utf8.FullRune(u.tail) && len(u.tail) > 0 {
		if !utf8.Valid(u.tail) {
			return false
		}
		u.tail = u.tail[:0]
	}
	if len(p) == 0 {
		return true
	}
	cut := len(p)
	for i := 1; i <= min(utf8.UTFMax-1, len(p)); i++ {
		if at := len(p) - i; utf8.RuneStart(p[at]) {
			if !utf8.FullRune(p[at:]) {
				cut = at
			}
			break
		}
	}
	u.tail = append(u.tail, p[cut:]...)
	return utf8.Valid(p[:cut])
}

func (u *utf8Check) whole() bool { return len(u.tail) == 0 }

// ping asks a peer for a sign of life from time to time, and says when to look
// again; without one the connection has failed. Called with c.mu held.
// RFC 7977 §6. [WS-07]
func (c *conn) ping(now int64) time.Duration {
	w, every := c.web, c.ep.cfg.Ping
	if w == nil || every < 0 {
		return math.MaxInt64
	}
	if w.pinging || now-max(w.pinged, c.born) < int64(every) {
		return every
	}
	w.pinging, w.pinged = true, now
	c.ep.group.Go(func() {
		ctx, cancel := context.WithTimeout(c.ep.life, c.ep.cfg.PongTimeout)
		defer cancel()
		err := w.ws.Ping(ctx)
		c.mu.Lock()
		w.pinging = false
		c.mu.Unlock()
		if err != nil {
			c.fail(ErrNoAnswer)
		}
	})
	return every
}
