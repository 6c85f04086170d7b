package msrp

import (
	"errors"

	"github.com/confab-chat/confab/msrp/msrpwire"
)

var (
	// ErrClosed is returned for a session that has ended.
	ErrClosed = errors.New("msrp: session ended")
	// ErrQueueFull is returned when a session's output has reached its bound.
	ErrQueueFull = errors.New("msrp: output queue full")
	// ErrAborted is the outcome of a message that was given up.
	ErrAborted = errors.New("msrp: message aborted")
	// ErrRefusedType is returned for a message of a kind that the peer has refused
	// with 415.
	ErrRefusedType = errors.New("msrp: type of message refused before")
	// ErrTooLarge is returned for a message above the peer's max-size.
	ErrTooLarge = errors.New("msrp: message larger than the peer takes")
)

// maxFlat is the largest body that is copied into the output at once; a WebSocket
// message may hold it.
const maxFlat = wsChunk

// frameOverhead is what a SEND has besides paths, header lines and body:
// start line, the CRLF behind the body and the end-line.
const frameOverhead = len("MSRP  SEND\r\n") + len("\r\n-------$\r\n") + 2*len(tid{}.buf)

// Send queues m. The handler's Sent is called with ref when the outcome is
// known. See SendShared.
func (s *Session) Send(m Message, ref uint64) error {
	sh, err := Prepare(m)
	if err != nil {
		return err
	}
	return s.SendShared(sh, ref)
}

// SendShared queues a prepared message. It never blocks; a session that is not
// bound yet keeps what fits its bounds until it is [MSRP-CON-02]. Errors:
// ErrClosed, ErrTooLarge, ErrRefusedType, ErrQueueFull. A queue without content takes one
// message of any size [SW-FLOW-01].
func (s *Session) SendShared(sh *Shared, ref uint64) error {
	if limit := s.peerMax.Load(); limit > 0 && int64(len(sh.body)) > limit {
		return ErrTooLarge // [MSRP-SND-14]
	}
	for {
		c := s.conn.Load()
		if c == nil {
			if held, err := s.hold(sh, ref); held {
				return err
			}
			continue
		}
		c.mu.Lock()
		err := c.enqueue(s, sh, ref)
		congested := err == nil && s.congests()
		c.mu.Unlock()
		if congested {
			s.notifyCongested(true)
		}
		return err
	}
}

// hold queues a message of a session without connection. It reports false if
// the session has been bound in the meantime.
func (s *Session) hold(sh *Shared, ref uint64) (held bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.ended.Load():
		return true, ErrClosed
	case s.conn.Load() != nil:
		return false, nil
	}
	// What waits for a client that has not connected. [SW-PUB-15]
	n := s.weight(sh)
	if s.queued > 0 && (s.queued+n > s.cfg.HoldOctets || s.frames >= s.cfg.HoldMessages) {
		return true, ErrQueueFull
	}
	s.awaits(sh, ref)
	s.push(&outgoing{sh: sh, ref: ref, weight: n})
	return true, nil
}

// weight is what a message counts while it is queued.
func (s *Session) weight(sh *Shared) int {
	return len(s.paths) + len(sh.head) + len(sh.body) + frameOverhead
}

func (s *Session) push(m *outgoing) {
	s.queue.push(m)
	s.queued += m.weight
	s.frames++
}

// enqueue puts a message of s into the output. Called with c.mu held.
func (c *conn) enqueue(s *Session, sh *Shared, ref uint64) error {
	switch {
	case s.over:
		return ErrClosed
	case s.rejected != nil && s.rejects(sh):
		return ErrRefusedType
	}
	n := s.weight(sh)
	if held := s.queued + s.flat; held > 0 && (held+n > s.cfg.HardLimit || s.frames >= s.cfg.MaxQueued) {
		return ErrQueueFull
	}
	s.awaits(sh, ref)
	if s.ready && s.queue.empty() && c.isFlat(s, sh) && c.window(s) {
		c.render(s, sh, ref)
		s.frames++
		c.wake()
		return nil
	}
	s.push(&outgoing{sh: sh, ref: ref, weight: n})
	c.pump(s)
	return nil
}

// window reports that s may open another transaction. [MSRP-SND-11]
func (c *conn) window(s *Session) bool {
	for c.ring.full() {
		c.arrival.look()
		sl := c.ring.at(c.ring.head)
		if sl == nil || !sl.silent || sl.sent == 0 || !c.arrival.has(sl.end) {
			return false // the sweep looks again
		}
		c.settle(c.ring.head, nil) // an error to it would come late
	}
	return s.open < s.cfg.Window
}

// isFlat reports that sh leaves in one piece, copied into the output: all that is
// small, and up to a bound what is not interrupted in any case. That is all on a
// session marked whole, and what is one WebSocket message; of these no more goes
// there than leaves in one write, so that a response waits for little.
func (c *conn) isFlat(s *Session, sh *Shared) bool {
	n := len(sh.body)
	return n <= maxFixedChunk || n <= maxFlat && (s.cfg.Whole || c.web != nil && c.out.octets < blockLarge)
}

// pump moves queued messages of s on as far as its window allows: small ones
// into the flat output, a large one at the front takes its turn among the
// streams. Called with c.mu held.
func (c *conn) pump(s *Session) {
	if !s.ready || s.over {
		return
	}
	for !s.queue.empty() && !s.streaming && c.window(s) {
		m := s.queue.front()
		switch {
		case m.request != nil:
			c.renderRequest(s, m)
		case m.stop == stopNo && m.from != nil && !m.more():
			return // until there is more of it
		case m.off == 0 && m.stop == stopNo && m.from == nil && c.isFlat(s, m.sh):
			c.render(s, m.sh, m.ref)
		default:
			s.streaming = true
			c.streams = append(c.streams, s)
			c.wake()
			return
		}
		s.queue.pop()
		s.queued -= m.weight
		c.wake()
	}
}

// render copies a whole message into the flat output.
func (c *conn) render(s *Session, sh *Shared, ref uint64) {
	b, from := c.out.begin(s.weight(sh))
	id, n, sl := c.begin(s, sh, sh.body)
	if sl != nil {
		sl.ref = ref
	}
	b.buf = msrpwire.AppendStart(b.buf, id.bytes(), msrpwire.SEND)
	b.buf = append(b.buf, s.paths...)
	b.buf = append(b.buf, sh.head...)
	b.buf = append(b.buf, sh.body...)
	b.buf = msrpwire.AppendEnd(b.buf, id.bytes(), msrpwire.Last, sh.hasBody)
	b.sends(n)
	c.out.wrote(b, s, from, sh.text)
	if sl != nil {
		sl.end = int64(len(b.buf))
	}
	s.flat += len(b.buf) - from
}

// tid is a transaction identifier of ours.
type tid struct {
	buf [24]byte
	len int
}

func (t *tid) bytes() []byte { return t.buf[:t.len] }

// nextTID draws the identifier that belongs to the ring's next number.
func (c *conn) nextTID() (t tid) {
	id, _ := c.tids.Append(t.buf[:0])
	t.len = len(id)
	return t
}

// begin draws an identifier that does not occur in body, the octets still to be
// sent, and opens the transaction; the slot is nil if there will be no answer.
func (c *conn) begin(s *Session, sh *Shared, body []byte) (t tid, n uint64, sl *slot) {
	t = c.nextTID()
	for sh.dashes && msrpwire.Collides(body, t.bytes()) { // [MSRP-FRM-15]
		c.ring.skip()
		t = c.nextTID()
	}
	if sh.failure == msrpwire.FailureNo {
		return t, c.ring.skip(), nil
	}
	n, sl = c.ring.open()
	*sl = slot{session: s, kind: slotMessage, content: &sh.kind, silent: sh.failure == msrpwire.FailurePartial}
	if !sl.silent {
		s.open++
	}
	return t, n, sl
}

// Abort gives up the message with that Message-ID as soon as the framing
// allows; its outcome is ErrAborted. One that has left already, or is about to
// leave in one piece, is not stopped. RFC 4975 §7.1. [MSRP-SND-08]
func (s *Session) Abort(id string) {
	c := s.conn.Load()
	if c == nil {
		m := s.abortHeld(id)
		if m != nil {
			s.cfg.Handler.Sent(m.ref, ErrAborted)
		}
		if c = s.conn.Load(); m != nil || c == nil {
			return
		}
	}
	c.mu.Lock()
	if m := s.queue.find(id); m != nil && !s.over {
		c.stopMessage(s, m, stopAbort)
	}
	done := c.takeSettled(nil)
	c.mu.Unlock()
	c.fire(done)
}

// abortHeld takes a message out of the queue of a session without connection.
func (s *Session) abortHeld(id string) *outgoing {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn.Load() != nil {
		return nil
	}
	m := s.queue.find(id)
	if m != nil {
		s.queue.remove(m)
		s.queued -= m.weight
		s.frames--
	}
	return m
}
