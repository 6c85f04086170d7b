package msrp

import (
	"sync/atomic"

	"github.com/confab-chat/confab/msrp/msrpwire"
)

// NicknameRequest is a NICKNAME request that waits for its answer.
// RFC 7701 §7.1.
type NicknameRequest struct {
	// Value is that of Use-Nickname as it stands, see msrpwire.ParseNickname;
	// nil if the field is absent.
	Value []byte

	conn    *conn
	request asked
	settled atomic.Bool
}

// Respond answers the request: 200 if err is nil, else the status of err, 403 if
// it has none. Only the first call counts. Safe from any goroutine.
// [MSRP-RSP-04]
func (r *NicknameRequest) Respond(err error) {
	if r.settled.Swap(true) {
		return
	}
	status, comment := msrpwire.StatusOK, ""
	if err != nil {
		e := asError(err)
		status, comment = e.Status, e.Comment
	}
	h := r.request.head()
	r.conn.respond(&h, status, comment)
	r.conn.released()
}

// nickname hands a NICKNAME request to the application.
func (c *conn) nickname(h *msrpwire.Head) {
	// RFC 7701 §7.1: it is always answered, and nothing is reported of it.
	// [SW-NCK-04]
	if h.HasReportFields() {
		c.respond(h, msrpwire.StatusBadRequest, "Report fields in NICKNAME")
		return
	}
	r := &NicknameRequest{conn: c, request: keep(h)}
	if h.UseNickname != nil {
		r.Value = append([]byte{}, h.UseNickname...)
	}
	c.mu.Lock()
	c.due++
	c.mu.Unlock()
	c.in.nicknamer.Nickname(r)
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
	s.push(&outgoing{method: msrpwire.NICKNAME, request: fields, done: done, weight: len(fields) + len(s.paths) + frameOverhead})
	c.pump(s)
	return nil
}

// renderRequest copies a request other than SEND into the flat output.
func (c *conn) renderRequest(s *Session, m *outgoing) {
	t := c.nextTID()
	n, sl := c.ring.open()
	*sl = slot{session: s, kind: slotRequest, out: m}
	s.open++
	paths := m.paths
	if paths == nil {
		paths = s.paths
	}
	b, from := c.out.begin(len(paths) + len(m.request) + frameOverhead)
	b.buf = msrpwire.AppendStart(b.buf, t.bytes(), m.method)
	b.buf = append(append(b.buf, paths...), m.request...)
	b.buf = msrpwire.AppendEnd(b.buf, t.bytes(), msrpwire.Last, false)
	b.sends(n)
	c.out.wrote(b, s, from, false)
	s.flat += len(b.buf) - from
}
