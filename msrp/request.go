package msrp

import (
	"sync/atomic"

	"github.com/confab-chat/confab/msrp/msrpwire"
)

// Request is a request other than SEND and REPORT that waits for its answer.
type Request struct {
	Method   msrpwire.Method
	Nickname []byte // value of Use-Nickname as it stands, see msrpwire.ParseNickname; nil if absent

	conn    *conn
	head    msrpwire.Head
	settled atomic.Bool
}

// Respond answers the request: 200 if err is nil, else the status of err, 403 if
// it has none. Only the first call counts. Safe from any goroutine.
// RFC 7701 §7.1. [MSRP-RSP-04]
func (r *Request) Respond(err error) {
	if r.settled.Swap(true) {
		return
	}
	status, comment := msrpwire.StatusOK, ""
	if err != nil {
		e := asError(err)
		status, comment = e.Status, e.Comment
	}
	r.conn.respond(&r.head, status, comment)
	r.conn.released()
}

// request hands a request to the application.
func (c *conn) request(h *msrpwire.Head) {
	r := &Request{Method: h.Method, conn: c, head: keep(h)}
	if h.UseNickname != nil {
		r.Nickname = append([]byte{}, h.UseNickname...)
	}
	c.mu.Lock()
	c.due++
	c.mu.Unlock()
	requester, ok := c.in.session.cfg.Handler.(Requester)
	if !ok {
		r.Respond(refusal(msrpwire.StatusUnknownMethod))
		return
	}
	requester.Request(r)
}

// SetNickname asks the peer, a switch, for a nickname; "" gives it up. done is
// called with nil, an *Error with the status of the answer, or 408; it is not
// called if the session ends first. RFC 7701 §7.1.
func (s *Session) SetNickname(name string, done func(error)) error {
	value, err := msrpwire.AppendNickname(nil, name)
	if err != nil {
		return err
	}
	h := msrpwire.Head{Method: msrpwire.NICKNAME, UseNickname: value}
	fields, err := h.AppendFields(nil)
	if err != nil {
		return err
	}
	c := s.conn.Load()
	if c == nil {
		return ErrClosed
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.over || c.closed {
		return ErrClosed
	}
	s.push(&outgoing{request: fields, done: done, weight: len(fields) + len(s.paths) + frameOverhead})
	c.pump(s)
	return nil
}

// renderRequest copies a request other than SEND into the flat output.
func (c *conn) renderRequest(s *Session, m *outgoing) {
	t := c.nextTID()
	n, sl := c.ring.open()
	*sl = slot{session: s, kind: slotRequest, out: m}
	s.open++
	b := c.out.room(len(s.paths) + len(m.request) + frameOverhead)
	from := len(b.buf)
	b.buf = msrpwire.AppendStart(b.buf, t.bytes(), msrpwire.NICKNAME)
	b.buf = append(append(b.buf, s.paths...), m.request...)
	b.buf = msrpwire.AppendEnd(b.buf, t.bytes(), msrpwire.Last, false)
	b.sends(n)
	c.out.wrote(b, s, from)
	s.flat += len(b.buf) - from
}
