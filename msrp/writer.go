package msrp

import (
	"fmt"

	"github.com/confab-chat/confab/msrp/msrpwire"
)

// partSize is how much of a message is taken from its Writer at a time, in octets.
const partSize = 64 << 10

// Writer sends one message that is too large to be held in memory: its octets are
// handed over by and by, in their order. One goroutine at a time may use it.
type Writer struct {
	s    *Session
	size int64
	left int64         // octets that have not been written yet
	room chan struct{} // a token in it: there may be room, or the message has ended

	// Guarded by the connection's mutex.
	m     *outgoing
	part  []byte // waits to be sent, nil: there is room
	spare []byte // of a part that has been sent
}

// NewWriter begins a message of size octets, at least one, on a session that has been
// bound; m.Body is not used. The handler's Sent is called with ref when the outcome is
// known, which is never good before all octets have been written. Errors: ErrClosed,
// ErrTooLarge, ErrRefusedType, ErrQueueFull.
func (s *Session) NewWriter(m Message, size int64, ref uint64) (*Writer, error) {
	if limit := s.peerMax.Load(); limit > 0 && size > limit {
		return nil, ErrTooLarge // [MSRP-SND-14]
	}
	m.Body = nil
	sh, err := Prepare(m)
	if err != nil {
		return nil, err
	}
	sh.size = size
	w := &Writer{s: s, size: size, left: size, room: make(chan struct{}, 1)}
	c := s.conn.Load()
	if c == nil {
		return nil, ErrClosed
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case s.over:
		return nil, ErrClosed
	case s.rejected != nil && s.rejects(sh):
		return nil, ErrRefusedType
	case s.frames >= s.cfg.MaxQueued:
		return nil, ErrQueueFull
	}
	s.awaits(sh, ref)
	w.m = &outgoing{sh: sh, ref: ref, from: w}
	s.push(w.m)
	return w, nil
}

// Write hands over the next octets and returns when they have been taken: about 128 KiB
// may wait to be sent. The error says why nothing more is sent of the message: ErrClosed,
// ErrAborted, or the outcome that Sent is told. [MSRP-SND-08] [MSRP-SND-09]
func (w *Writer) Write(p []byte) (n int, err error) {
	if int64(len(p)) > w.left {
		return 0, fmt.Errorf("msrp: more than the %d octets of the message", w.size)
	}
	for len(p) > 0 {
		took, err := w.offer(p)
		if err != nil {
			return n, err
		}
		n, p, w.left = n+took, p[took:], w.left-int64(took)
		if took == 0 {
			<-w.room
		}
	}
	return n, nil
}

// offer hands over what there is room for.
func (w *Writer) offer(p []byte) (took int, err error) {
	c := w.s.conn.Load() // set, and for good
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case w.s.over:
		return 0, ErrClosed
	case w.m.err != nil:
		return 0, w.m.err
	case w.m.stop != stopNo:
		return 0, ErrAborted
	case w.part != nil:
		return 0, nil
	}
	took = min(len(p), partSize)
	w.part, w.spare = append(w.spare[:0], p[:took]...), nil
	w.m.weight += took
	w.s.queued += took
	c.pump(w.s)
	return took, nil
}

// more reports whether there are octets of m to be sent, and brings the next part
// forward when the present one has gone. Called with the connection's mutex held.
func (m *outgoing) more() bool {
	if m.off < m.here() {
		return true
	}
	w := m.from
	if w == nil || w.part == nil {
		return false
	}
	w.spare, m.base = m.sh.body, m.off
	m.sh.body, w.part = w.part, nil
	m.sh.dashes = msrpwire.MayCollide(m.sh.body)
	w.wake()
	return true
}

// wake lets a Write that waits look again.
func (w *Writer) wake() {
	select {
	case w.room <- struct{}{}:
	default:
	}
}

// here is how far the octets go that are at hand.
func (m *outgoing) here() int { return m.base + len(m.sh.body) }

// rest is what is at hand and has not been handed out.
func (m *outgoing) rest() []byte { return m.sh.body[m.off-m.base:] }

// wakeWriter tells the Writer of m, if it has one, that nothing more is sent.
func (m *outgoing) wakeWriter() {
	if m.from != nil {
		m.from.wake()
	}
}
