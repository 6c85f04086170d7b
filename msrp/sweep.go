package msrp

import (
	"time"

	"github.com/confab-chat/confab/msrp/msrpwire"
)

// sweepEvery is how often a connection with something to wait for is looked at.
const sweepEvery = time.Second

// ringKept is for how long after the last output a large ring stays.
const ringKept = 10 * time.Second

// findings are what a sweep has found, to be acted upon without lock.
type findings struct {
	fatal error // the connection has failed
	ended []endedSession
}

type endedSession struct {
	session *Session
	err     error
}

// sweep finds all timeouts of the connection. It runs on the timer wheel.
func (c *conn) sweep() {
	now := c.ep.now()
	var f findings
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return
	}
	c.ticking = false
	c.sweepConn(now, &f)
	heard := c.heard(now)
	c.sweepRing(heard, &f)
	busy := false
	for _, s := range c.sessions {
		since := s.congested.Load()
		if since != 0 && s.cfg.CongestedTime > 0 && now-since >= int64(s.cfg.CongestedTime) {
			f.end(s, ErrCongested) // [SW-FLOW-04]
		}
		busy = s.expire(heard) || busy || since != 0
		c.pump(s) // other sessions may have left it room in the ring
	}
	next := min(c.keepAlive(now), c.ping(heard, &f))
	if busy || c.expects() {
		c.tickSoon()
	} else {
		c.tickIn(min(next, c.spareRing(now)))
	}
	sent := c.takeSettled(nil)
	c.stuck = f.fatal != nil && c.writeSince != 0
	c.mu.Unlock()
	c.fire(sent)
	for _, e := range f.ended {
		e.session.end(e.err, true)
	}
	if f.fatal != nil {
		c.fail(f.fatal)
	}
}

// spareRing makes the ring small again if there has been no output for long, and says
// when to look again.
func (c *conn) spareRing(now int64) time.Duration {
	quiet := time.Duration(now - c.lastTraffic)
	if quiet < ringKept && len(c.ring.slots) > ringMin {
		return ringKept - quiet
	}
	c.ring.shrink()
	return c.ep.cfg.UnboundTimeout
}

// expects reports that something has begun whose end has a time. Called with
// c.mu held.
func (c *conn) expects() bool {
	return c.writing || c.draining || c.ring.head != c.ring.tail || c.frameSince.Load() != 0 || c.inBody.Load()
}

func (f *findings) end(s *Session, err error) {
	for _, e := range f.ended {
		if e.session == s {
			return
		}
	}
	f.ended = append(f.ended, endedSession{session: s, err: err})
}

// sweepConn looks at the connection itself.
func (c *conn) sweepConn(now int64, f *findings) {
	cfg := &c.ep.cfg
	switch since := c.frameSince.Load(); {
	case c.draining && now >= c.drainBy:
		f.fatal = c.drainErr
	case c.lonely != 0 && now-c.lonely >= int64(cfg.UnboundTimeout):
		f.fatal = errIdle // [MSRP-CON-09] [MSRP-CON-10]
	case since != 0 && now-since >= int64(cfg.HeaderTimeout):
		f.fatal = errSlow
	case c.inBody.Load() && now-c.lastRead.Load() >= int64(cfg.ChunkStall):
		f.fatal = errSlow
	case c.writeSince != 0 && now-c.writeSince >= int64(cfg.WriteStall):
		// The write ends with what the peer has taken so far; the writer sees
		// whether that was anything. [SW-FLOW-04]
		c.hurried = true
		_ = c.nc.SetWriteDeadline(time.Now())
	}
}

// sweepRing looks for requests without response; now is a time of [conn.heard].
// [MSRP-SND-10]
func (c *conn) sweepRing(now int64, f *findings) {
	c.arrival.look()
	limit := int64(c.ep.cfg.AnswerTimeout)
	for n := c.ring.head; n != c.ring.tail; n++ {
		sl := c.ring.at(n)
		if sl == nil || sl.sent == 0 || sl.silent && !c.looked(sl) || now-sl.sent < limit {
			continue
		}
		s := sl.session
		switch {
		case sl.silent:
			c.settle(n, nil)
			c.pump(s)
		case sl.kind == slotBind:
			f.end(s, refusal(msrpwire.StatusTimeout))
		case sl.kind == slotKeepAlive:
			f.fatal = ErrNoAnswer // [MSRP-CON-11]
		case s.cfg.Patient && now-s.lastAnswer < limit:
			// Slow, but alive. [SW-RPT-04]
		case s.cfg.Patient:
			f.end(s, ErrNoAnswer)
		default:
			c.settle(n, refusal(msrpwire.StatusTimeout))
			c.pump(s)
		}
	}
}

// settle closes the transaction n with its outcome; the calls to handlers that
// follow wait in c.settled. Called with c.mu held.
func (c *conn) settle(n uint64, err error) {
	sl := *c.ring.at(n)
	c.ring.free(n)
	s := sl.session
	if !sl.silent {
		s.open--
	}
	if err != nil && sl.content != nil {
		s.reject(*sl.content, err)
	}
	switch sl.kind {
	case slotMessage:
		if !sl.settled || err != nil {
			c.settled = append(c.settled, event{session: s, ref: sl.ref, err: err})
		}
	case slotChunk:
		m := sl.out
		if !sl.settled {
			m.open--
		} else if m.told && err != nil {
			c.settled = append(c.settled, event{session: s, ref: m.ref, err: err})
		}
		if err != nil {
			m.fail(err)
			c.stopMessage(s, m, stopFor(err))
		}
		c.outcome(s, m)
	case slotRequest:
		if d := sl.out.done; d != nil {
			c.settled = append(c.settled, event{kind: eventCall, call: d, err: err})
		}
	default:
	}
}

// outcome tells what became of m once it is finished and all is answered.
func (c *conn) outcome(s *Session, m *outgoing) {
	if !m.finished || m.open > 0 || m.told {
		return
	}
	m.told = true
	if m.sh.failure != msrpwire.FailureNo {
		c.settled = append(c.settled, event{session: s, ref: m.ref, err: m.err})
	}
}

// stopFor says how a message ends of which a chunk has failed.
// [MSRP-SND-09] [MSRP-RPT-08]
func stopFor(err error) stop {
	if e := asError(err); e.Status == msrpwire.StatusStopSending {
		return stopSilence
	}
	return stopAbort
}

// keepAlive sends a bodiless SEND if nothing has moved for long, and says when
// to look again. [MSRP-CON-11]
func (c *conn) keepAlive(now int64) time.Duration {
	idle := c.ep.cfg.KeepAlive
	wait := c.ep.cfg.UnboundTimeout
	if len(c.sessions) == 0 || idle < 0 {
		return wait
	}
	quiet := time.Duration(now - max(c.lastTraffic, c.lastRead.Load()))
	if quiet < idle {
		return idle - quiet
	}
	for _, s := range c.sessions {
		if s.ready && !s.over {
			c.sendEmpty(s, slotKeepAlive)
			break
		}
	}
	return idle
}

// sendEmpty queues a SEND without body, in front of nothing: it goes out with
// the flat output. RFC 4975 §7.1. [MSRP-CON-01]
func (c *conn) sendEmpty(s *Session, kind slotKind) {
	id := NewMessageID()
	s.remembers(&trace{id: id})
	h := msrpwire.Head{
		MessageID: []byte(id),
		ByteRange: msrpwire.Range{Start: 1, End: 0, Total: 0},
	}
	t := c.nextTID()
	n, sl := c.ring.open()
	*sl = slot{session: s, kind: kind}
	s.open++
	b, from := c.out.begin(len(s.paths) + 256)
	b.buf = msrpwire.AppendStart(b.buf, t.bytes(), msrpwire.SEND)
	b.buf = append(b.buf, s.paths...)
	b.buf, _ = h.AppendFields(b.buf) // made of nothing that cannot be written
	b.buf = msrpwire.AppendEnd(b.buf, t.bytes(), msrpwire.Last, false)
	b.sends(n)
	c.out.wrote(b, s, from, false)
	s.flat += len(b.buf) - from
	s.frames++
	c.wake()
}
