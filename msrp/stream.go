package msrp

import (
	"github.com/confab-chat/confab/msrp/msrpwire"
	"github.com/confab-chat/confab/websocket/wsframe"
)

const (
	// piece is how many body octets of an interruptible chunk are handed to
	// the connection at a time: a response or report that becomes due meanwhile
	// waits for no more. RFC 4975 §7.1.1. [MSRP-SND-05]
	piece = 2048
	// wholePiece is the same for a chunk that nothing interrupts.
	wholePiece = 60 << 10
	// quantum is what a session may send before another one that waits takes
	// its turn. [MSRP-SND-06]
	quantum = 16 << 10
)

// chunk is the SEND that is going out in pieces. Guarded by the connection's
// mutex.
type chunk struct {
	session *Session
	out     *outgoing
	tid     tid
	number  uint64 // of the transaction
	end     int    // offset in the body at which it ends, unless interrupted
	fixed   bool   // its range-end was stated, so it cannot end earlier
	size    int    // body octets handed out so far
}

// next returns the octets to be written next, nil if there are none. It is
// where responses, small messages and the pieces of large ones take turns.
// Called with c.mu held.
func (c *conn) next() *block {
	if c.chunk.out != nil {
		if c.mayGoOn() {
			return c.goOn()
		}
		return c.interrupt()
	}
	// What the session has rendered before its large message goes out first.
	// [SW-PUB-12]
	if c.streamTurn && len(c.streams) > 0 && c.streams[0].flat == 0 {
		return c.startChunk()
	}
	if b := c.out.next(); b != nil {
		c.streamTurn = true
		return b
	}
	if len(c.streams) > 0 {
		return c.startChunk()
	}
	return nil
}

// mayGoOn reports that the running chunk need not end here.
func (c *conn) mayGoOn() bool {
	k := &c.chunk
	if k.fixed {
		return true
	}
	if k.out.stop != stopNo || k.session.over {
		return false
	}
	if k.session.cfg.Whole { // a knowing deviation for clients that read no chunks [!MSRP-SND-15]
		return true
	}
	return c.out.oldest == nil && (len(c.streams) < 2 || c.turn < quantum)
}

// startChunk begins a SEND of the session whose turn it is.
func (c *conn) startChunk() *block {
	c.streamTurn = false
	s := c.streams[0]
	m := s.queue.front()
	if m.stop != stopNo {
		return c.giveUp(s, m)
	}
	size := m.here()
	k := chunk{session: s, out: m, end: size, fixed: size-m.off <= maxFixedChunk}
	switch {
	case c.web != nil:
		k.end = min(size, m.off+wsChunk) // [WS-04]
	case s.cfg.Whole:
	case s.cfg.ExactRanges:
		k.end, k.fixed = min(size, m.off+maxFixedChunk), true
	case s.cfg.ChunkCap > 0:
		k.end = min(size, m.off+max(s.cfg.ChunkCap, maxFixedChunk))
	}
	var sl *slot
	k.tid, k.number, sl = c.begin(s, m.sh, m.rest())
	m.opens(sl)
	b := c.pool().take(c.pieceSize(&k) + len(s.paths) + len(m.sh.head) + len(inlineName) + len(inlineValue) + 8 + wsframe.MaxHeader)
	c.out.open(b)
	b.buf = msrpwire.AppendStart(b.buf, k.tid.bytes(), msrpwire.SEND)
	b.buf = append(b.buf, s.paths...)
	rangeEnd := int64(msrpwire.Unknown)
	if k.fixed {
		rangeEnd = int64(k.end)
	}
	b.buf = m.sh.appendHead(b.buf, int64(m.off)+1, rangeEnd, s.cfg.Disposition || c.web != nil && int64(k.end) < m.sh.size)
	c.chunk = k
	return c.fill(b)
}

// goOn hands out the next piece of the running chunk.
func (c *conn) goOn() *block { return c.fill(c.pool().take(c.pieceSize(&c.chunk))) }

// pieceSize is how much of a chunk is handed out at once, with the lines around
// it.
func (c *conn) pieceSize(k *chunk) int {
	switch {
	case c.web != nil:
		return k.end - k.out.off + frameOverhead // must leave as one message [WS-02]
	case k.session.cfg.Whole:
		return wholePiece + frameOverhead
	}
	return piece + frameOverhead
}

// fill appends the next piece to b, and the end-line if the chunk ends with it.
func (c *conn) fill(b *block) *block {
	k := &c.chunk
	s, m := k.session, k.out
	n := min(c.pieceSize(k)-frameOverhead, k.end-m.off)
	b.buf = append(b.buf, m.rest()[:n]...)
	m.off += n
	k.size += n
	c.turn += n
	s.queued -= min(n, m.weight)
	m.weight -= min(n, m.weight)
	if m.off == k.end {
		flag := msrpwire.Continues
		if int64(m.off) == m.sh.size {
			flag = msrpwire.Last
		}
		c.endChunk(b, flag)
	}
	c.handOut(b, s)
	return b
}

// handOut counts b as output of s.
func (c *conn) handOut(b *block, s *Session) {
	b.mark(s, len(b.buf), 0)
	s.flat += len(b.buf)
}

// interrupt ends the running chunk before its time: with + if the message goes
// on later, with # if not. RFC 4975 §7.1.1. [MSRP-SND-07] [MSRP-SND-08]
func (c *conn) interrupt() *block {
	s, m := c.chunk.session, c.chunk.out
	flag := msrpwire.Continues
	if m.stop != stopNo || s.over {
		flag = msrpwire.Aborted
	}
	b := c.pool().take(blockSmall)
	c.endChunk(b, flag)
	c.handOut(b, s)
	return b
}

// endChunk appends the end-line of the running chunk and decides what comes
// next.
func (c *conn) endChunk(b *block, flag msrpwire.Flag) {
	k := c.chunk
	c.chunk = chunk{}
	b.buf = msrpwire.AppendEnd(b.buf, k.tid.bytes(), flag, true)
	c.out.seal(b, 0, false)
	b.sends(k.number)
	s, m := k.session, k.out
	switch {
	case s.over:
		return
	case flag != msrpwire.Continues:
		c.finish(s, m)
	case c.turn >= quantum || !c.window(s) || !m.more():
		c.yield(s)
	}
}

// finish takes m, of which nothing more is sent, off its session's queue.
func (c *conn) finish(s *Session, m *outgoing) {
	m.finished = true
	if m.stop != stopNo {
		m.fail(ErrAborted)
	}
	s.queue.remove(m)
	s.queued -= m.weight
	s.frames--
	m.weight = 0
	m.wakeWriter()
	c.outcome(s, m)
	c.yield(s)
}

// yield ends the turn of s; it queues up again if its window allows.
func (c *conn) yield(s *Session) {
	c.turn = 0
	c.leave(s)
	c.pump(s)
}

// leave takes s out of the streams.
func (c *conn) leave(s *Session) {
	s.streaming = false
	for i, x := range c.streams {
		if x == s {
			c.streams = append(c.streams[:i], c.streams[i+1:]...)
			return
		}
	}
}

// giveUp ends a message between two of its chunks: an empty SEND with # if
// some of it has been sent and the peer may hear of it. [MSRP-SND-08]
func (c *conn) giveUp(s *Session, m *outgoing) *block {
	if m.off == 0 || m.stop == stopSilence {
		c.finish(s, m)
		return c.next()
	}
	b := c.pool().take(blockSmall)
	from := c.out.open(b)
	t, n, sl := c.begin(s, m.sh, nil)
	m.opens(sl)
	b.buf = msrpwire.AppendStart(b.buf, t.bytes(), msrpwire.SEND)
	b.buf = append(b.buf, s.paths...)
	b.buf = m.sh.appendBare(b.buf, m.off)
	b.buf = msrpwire.AppendEnd(b.buf, t.bytes(), msrpwire.Aborted, false)
	c.out.seal(b, from, false)
	b.sends(n)
	c.finish(s, m)
	c.handOut(b, s)
	return b
}

// stopMessage gives m up as soon as the framing allows.
func (c *conn) stopMessage(s *Session, m *outgoing, how stop) {
	if m.finished {
		return
	}
	m.stop = max(m.stop, how)
	if m.off == 0 && c.chunk.out != m {
		c.finish(s, m)
		return
	}
	if m.from != nil {
		m.from.wake()
		c.pump(s) // it may wait for octets
	}
	c.wake()
}

func (c *conn) pool() *blockPool { return c.out.pool }
