package transport

import (
	"errors"
	"io"
	"os"
	"time"

	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/websocket/wsframe"
)

// readSize is the size of a read buffer that holds no large message.
const readSize = 4 << 10

// An inbox is the reading side of a connection; it belongs to its reader.
type inbox struct {
	s     *stream
	buf   []byte
	start int // first octet not consumed
	end   int // end of what was read

	messages  sipmsg.Stream
	partial   partial
	keepAlive keepAlive
	input     time.Time // when something was read last
	began     time.Time // when the unfinished message began; zero without one
}

func isTimeout(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }

// read serves a connection until it ends.
func (s *stream) read() {
	in := &inbox{s: s, buf: make([]byte, readSize), input: time.Now()}
	if len(s.early) > 0 {
		in.buf, s.early = append(s.early, in.buf...), nil
		in.end = len(in.buf) - readSize
	}
	s.layer.partial.Add(int64(len(in.buf) - readSize))
	defer func() { s.layer.partial.Add(int64(readSize - len(in.buf))) }()
	defer in.release()
	in.messages.Limits = s.layer.cfg.Limits
	in.keepAlive.within = s.layer.cfg.PongTimeout
	switch {
	case s.flow.dialed:
		in.keepAlive.every = s.layer.cfg.PingInterval
	case s.frames:
		in.keepAlive.every = s.layer.cfg.WebSocketPing // RFC 7118 §6 [COM-17]
	}
	err := in.run()
	var fault *wsframe.Error
	var closed *closedError
	switch {
	case errors.Is(err, io.EOF):
		// The peer sends no more, but it may still read: what is on its way
		// up has been handed over, and its answers go out.
		s.layer.retire(s.flow)
		s.awaitAnswers()
		err = errPeerClosed
	case errors.As(err, &closed):
		// RFC 6455 §5.5.1: what was asked is answered, then comes our Close.
		s.layer.retire(s.flow)
		s.awaitAnswers()
		s.closing(closed.code)
		s.finish()
		in.discard()
	case errors.As(err, &fault):
		// RFC 6455 §7.1.7: the peer learns why, and nothing more is read.
		s.closing(fault.Code)
		s.finish()
		in.discard()
	case errors.Is(err, errFraming), errors.Is(err, errFinishing):
		// RFC 3261 §18.3: the answer leaves before the connection closes.
		s.finish()
		in.discard()
	}
	s.end(err)
}

// awaitAnswers returns when all requests are answered and the answers written, or the
// connection has ended. After answersWithin it waits for no more answers, but what is
// being written has its own time.
func (s *stream) awaitAnswers() {
	settled := make(chan struct{}, 1)
	s.mu.Lock()
	s.settled = settled
	writing := s.writing
	s.mu.Unlock()
	timer := time.NewTimer(answersWithin)
	defer timer.Stop()
	for late := false; writing || s.flow.owed.Load() > 0 && !late; {
		select {
		case <-settled:
			s.mu.Lock()
			writing = s.writing
			s.mu.Unlock()
		case <-timer.C:
			late = true
		case <-s.flow.gone:
			return
		}
	}
}

func (in *inbox) run() error {
	for {
		consume := in.consume
		if in.s.frames {
			consume = in.consumeFrames
		}
		if err := consume(); err != nil {
			return err
		}
		if err := in.fill(); err != nil {
			return err
		}
	}
}

// consume handles, in order, what is complete in the buffer.
func (in *inbox) consume() error {
	l := in.s.layer
	for in.start < in.end {
		m, n, err := in.messages.Next(in.buf[in.start:in.end])
		if errors.Is(err, sipmsg.ErrIncomplete) {
			return nil
		}
		octets := in.buf[in.start : in.start+n]
		in.start += n
		in.began = time.Time{}
		if m == nil && err == nil {
			in.lineEnds(octets)
			continue
		}
		in.keepAlive.crlfs = 0
		l.tap(in.s.flow, false, in.s.flow.remote, octets)
		if err == nil {
			l.deliver(m, in.s.source())
			continue
		}
		if l.malformed(m, err, in.s.source()) || n == 0 {
			return errFraming
		}
	}
	return nil
}

// fill reads more, with room made for it.
func (in *inbox) fill() error {
	if err := in.makeRoom(); err != nil {
		return err
	}
	for {
		now := time.Now()
		if in.began.IsZero() && (in.start < in.end || in.partial.open) {
			in.began = now
		}
		if !in.s.readBy(in.deadline()) {
			return errFinishing
		}
		n, err := in.s.conn.Read(in.buf[in.end:])
		if n > 0 {
			in.end += n
			in.input = time.Now()
			return nil
		}
		if isTimeout(err) {
			err = in.timeout(time.Now())
		}
		if err != nil {
			return err
		}
	}
}

// makeRoom moves what is left to the front, or doubles a buffer that is full.
// The parser has refused by then what exceeds its limits; an error says that all
// connections together hold too much.
func (in *inbox) makeRoom() error {
	switch {
	case in.start == in.end:
		in.start, in.end = 0, 0
		if len(in.buf) > keepSize || len(in.buf) > readSize && in.s.layer.partial.Load() > int64(in.s.layer.cfg.Partial/2) {
			return in.resize(readSize)
		}
	case in.end < len(in.buf):
	case in.start > 0:
		copy(in.buf, in.buf[in.start:in.end])
		in.start, in.end = 0, in.end-in.start
	default:
		return in.resize(2 * len(in.buf))
	}
	return nil
}

// resize changes the buffer, whose octets beyond readSize are on the account of all
// connections. [SEC-02]
func (in *inbox) resize(n int) error {
	l := in.s.layer
	more := int64(n - len(in.buf))
	if l.partial.Add(more) > int64(l.cfg.Partial) && more > 0 {
		l.partial.Add(-more)
		l.count.partialRefused.Add(1)
		return errHalfMessages
	}
	buf := make([]byte, n)
	copy(buf, in.buf[:in.end])
	in.buf = buf
	return nil
}

// deadline is when the reader has to look again.
func (in *inbox) deadline() time.Time {
	cfg := &in.s.layer.cfg
	by := in.input.Add(cfg.IdleTimeout)
	if !in.began.IsZero() {
		by = earlier(by, in.began.Add(cfg.MessageTimeout))
	}
	if in.keepAlive.every > 0 {
		by = earlier(by, in.keepAlive.due(in.input))
	}
	return by
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// timeout acts on a deadline that has passed; an error ends the connection.
func (in *inbox) timeout(now time.Time) error {
	cfg, count := &in.s.layer.cfg, &in.s.layer.count
	switch {
	case !in.began.IsZero() && !now.Before(in.began.Add(cfg.MessageTimeout)):
		count.halfRead.Add(1)
		return errHalfMessage
	case !now.Before(in.input.Add(cfg.IdleTimeout)):
		count.idle.Add(1)
		return errIdle
	case in.keepAlive.every > 0:
		return in.sendPing(now)
	}
	return nil
}

// readBy sets the deadline of the next read, unless the connection is closing.
func (s *stream) readBy(deadline time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.phase == phaseOpen && s.conn.SetReadDeadline(deadline) == nil
}

// discard reads what nobody wants any more, until closeWrite's deadline or the
// end of the connection.
func (in *inbox) discard() {
	for {
		if _, err := in.s.conn.Read(in.buf); err != nil {
			return
		}
	}
}
