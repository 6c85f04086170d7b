package msrp

import (
	"bytes"

	"github.com/confab-chat/confab/msrp/msrpwire"
)

// refusedFor is how long the Message-ID of a refused message gets 413.
// [SW-PUB-19] [MSRP-RCV-08]
const refusedFor = int64(60e9)

// refusedMax bounds the Message-IDs remembered for that.
const refusedMax = 64

type refused struct {
	id    string
	until int64
}

// openMessage finds or makes the message that a chunk belongs to, once the
// request itself is in order. [MSRP-RSP-06]
func (c *conn) openMessage(h *msrpwire.Head) *Error {
	s := c.in.session
	start := h.ByteRange.First()
	in := s.partial(h.MessageID)
	fresh := in == nil
	if fresh {
		in = newIncoming(s, h)
		if i, ok := s.cfg.Handler.(Inspector); ok {
			if err := i.Begin(in); err != nil {
				return s.turnDown(nil, h, asError(err))
			}
		}
	}
	switch {
	case !fresh && h.ByteRange.IsZero():
		// RFC 4975 §7.1.1: every chunk but the first must say where it
		// belongs. [MSRP-FRM-20]
		return s.turnDown(in, h, &Error{Status: msrpwire.StatusBadRequest, Comment: "Chunk without Byte-Range"})
	case !s.accepts(string(h.ContentType)):
		return s.turnDown(in, h, refusal(msrpwire.StatusUnsupportedMedia)) // [MSRP-RCV-12]
	case h.ByteRange.Total > s.cfg.MaxSize, start-1 > s.cfg.MaxSize:
		return s.turnDown(in, h, refusal(msrpwire.StatusStopSending)) // [MSRP-RCV-06]
	case fresh && s.isRefused(h.MessageID):
		return refusal(msrpwire.StatusStopSending) // [SW-PUB-19]
	}
	in.first, in.at = start-1, start-1
	c.in.in = in
	return nil
}

// turnDown refuses a chunk and with it its message.
func (s *Session) turnDown(in *Incoming, h *msrpwire.Head, e *Error) *Error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if in != nil {
		s.forgetPartial(in)
	}
	if len(h.MessageID) > 0 {
		s.remember(string(h.MessageID))
	}
	return e
}

func newIncoming(s *Session, h *msrpwire.Head) *Incoming {
	in := &Incoming{
		session: s, id: string(h.MessageID), contentType: string(h.ContentType),
		success: h.SuccessReport, declared: msrpwire.Unknown, active: true,
	}
	if !h.ByteRange.IsZero() {
		in.declared = h.ByteRange.Total
	}
	in.asm.total = -1
	for _, f := range h.Fields {
		in.fields = append(in.fields, msrpwire.Field{Name: bytes.Clone(f.Name), Value: bytes.Clone(f.Value)})
	}
	return in
}

// partial finds the unfinished message with that Message-ID, nil if there is
// none.
func (s *Session) partial(id []byte) *Incoming {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, in := range s.partials {
		if in.id == string(id) {
			in.active = true
			return in
		}
	}
	return nil
}

// isRefused reports that a message with that Message-ID was refused lately.
func (s *Session) isRefused(id []byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.refused {
		if r.id == string(id) && s.ep.now() < r.until {
			return true
		}
	}
	return false
}

// remember is called with s.mu held.
func (s *Session) remember(id string) {
	if len(s.refused) == refusedMax {
		s.refused = append(s.refused[:0], s.refused[1:]...)
	}
	s.refused = append(s.refused, refused{id: id, until: s.ep.now() + refusedFor})
}

// take stores the next octets of the running chunk.
func (in *Incoming) take(p []byte) *Error {
	s := in.session
	end := in.at + int64(len(p))
	held := in.asm.held
	in.rewritten = in.rewritten || in.rewrites(p)
	switch {
	case s.ended.Load():
		return refusal(msrpwire.StatusNoSuchSession) // [MSRP-CON-17]
	case end > s.cfg.MaxSize, in.asm.total >= 0 && end > in.asm.total:
		return refusal(msrpwire.StatusStopSending) // [MSRP-RCV-05] [MSRP-RCV-14]
	case in.sink != nil:
		return in.pour(p)
	case !s.reserve(int64(len(p))):
		return refusal(msrpwire.StatusStopSending) // [MSRP-RCV-10]
	case !in.asm.write(in.at, p):
		s.giveBack(int64(len(p)))
		return refusal(msrpwire.StatusStopSending)
	}
	s.giveBack(int64(len(p)) - (in.asm.held - held)) // what has only been overwritten
	in.at = end
	return in.inspect()
}

// inspect shows the application what has grown.
func (in *Incoming) inspect() *Error {
	if in.inspected || len(in.Body()) == in.seen {
		return nil
	}
	in.seen = len(in.Body())
	i, ok := in.session.cfg.Handler.(Inspector)
	if !ok {
		return nil
	}
	done, err := i.Inspect(in)
	in.inspected = done
	if err != nil {
		return asError(err)
	}
	return nil
}

// endChunkIn ends a chunk with content. RFC 4975 §7.3.1. [MSRP-RCV-01]
func (c *conn) endChunkIn(h *msrpwire.Head, flag msrpwire.Flag) {
	r := &c.in
	in := r.in
	r.in = nil
	if flag == msrpwire.Aborted { // [MSRP-RCV-07]
		in.drop(0)
		c.respond(h, msrpwire.StatusOK, "")
		return
	}
	if flag == msrpwire.Last && !in.fix() {
		in.drop(msrpwire.StatusStopSending)
		c.respond(h, msrpwire.StatusStopSending, "") // [MSRP-RCV-05]
		return
	}
	if in.session.ended.Load() {
		c.respond(h, msrpwire.StatusNoSuchSession, "") // [MSRP-CON-17]
		return
	}
	if in.complete() {
		c.deliver(in, h)
		return
	}
	if !in.park(c.heard(c.ep.now())) {
		in.drop(msrpwire.StatusStopSending)
		c.respond(h, msrpwire.StatusStopSending, "") // [MSRP-RCV-10]
		return
	}
	c.mu.Lock()
	c.tickSoon()
	c.mu.Unlock()
	c.respond(h, msrpwire.StatusOK, "")
}

// fix sets the total from the last chunk; false if octets lie beyond it.
// [MSRP-RCV-03]
func (in *Incoming) fix() bool {
	total := in.at
	if in.at == in.first && in.first == 0 {
		total = in.highest() // an empty chunk at the end of what is there [MSRP-RCV-13]
	}
	in.asm.total = total
	return in.highest() <= total
}

// deliver hands a complete message to the application.
func (c *conn) deliver(in *Incoming, h *msrpwire.Head) {
	s := in.session
	in.drop(0)
	in.conn, in.request = c, keep(h)
	c.mu.Lock()
	c.due++
	c.mu.Unlock()
	if in.id != "" && !s.cfg.Seen.add(in.id) {
		in.Accept() // a repetition: answered, not shown again [MSRP-RCV-11]
		return
	}
	s.cfg.Handler.Message(in)
}

// endEmpty ends a SEND without content: it binds, keeps alive, or gives a
// message up; it belongs to none. [MSRP-RCV-13]
func (c *conn) endEmpty(h *msrpwire.Head, flag msrpwire.Flag) {
	s := c.in.session
	if flag == msrpwire.Aborted && len(h.MessageID) > 0 {
		s.giveUpPartial(string(h.MessageID))
	}
	c.respond(h, msrpwire.StatusOK, "")
	if h.SuccessReport && len(h.MessageID) > 0 && flag != msrpwire.Aborted {
		s.reportTo(c, h, msrpwire.Range{Start: 1}) // [MSRP-RPT-05]
	}
}
