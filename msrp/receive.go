package msrp

import (
	"bytes"
	"errors"

	"github.com/confab-chat/confab/msrp/msrpwire"
)

// receiver is the state of the request that is being read. Owned by the reader
// of the connection.
type receiver struct {
	dec       msrpwire.Decoder
	session   *Session
	nicknamer Nicknamer // of the session, for a NICKNAME
	in        *Incoming // the message that its body belongs to
	verdict   *Error    // why it is refused, nil = good so far
	answered  bool      // the response has been written before the end of the request
	fatal     error     // why the connection must end
	done      []event

	// The session that the last request was for, with its paths as they stood
	// there: nearly always the next one is for it, too.
	known    *Session
	toPath   []byte
	fromPath []byte
}

// onHead makes the checks that the head of a message allows, in their order.
// [MSRP-RSP-06]
func (c *conn) onHead() {
	r := &c.in
	h := r.dec.Head()
	r.session, r.in, r.verdict, r.answered = nil, nil, nil, false
	if !h.IsRequest() {
		return
	}
	r.verdict = c.checkHead(h)
	if r.verdict == nil && h.Method == msrpwire.SEND && h.HasBody {
		r.verdict = c.openMessage(h)
	}
	c.refuseEarly(h)
}

// refuseEarly drops the body of a refused request, and answers at once where
// the sender can save the rest.
func (c *conn) refuseEarly(h *msrpwire.Head) {
	r := &c.in
	if r.verdict == nil || h.Method != msrpwire.SEND {
		return
	}
	r.dec.Skip() // [MSRP-RCV-15]
	if h.HasBody && r.verdict.Status == msrpwire.StatusStopSending {
		c.respond(h, r.verdict.Status, r.verdict.Comment)
		r.answered = true
	}
}

// checkHead is the part of the checks that is the same for all requests.
func (c *conn) checkHead(h *msrpwire.Head) *Error {
	if h.Method == msrpwire.AUTH {
		return refusal(msrpwire.StatusUnknownMethod) // we are no relay [MSRP-RSP-06]
	}
	s := c.lookup(h)
	if s == nil {
		return refusal(msrpwire.StatusNoSuchSession) // [MSRP-PTH-05]
	}
	owner := s.conn.Load()
	if owner != nil && owner != c {
		return refusal(msrpwire.StatusBoundElsewhere) // [MSRP-CON-05]
	}
	c.in.session = s
	if owner == nil && h.Method == msrpwire.REPORT {
		return refusal(msrpwire.StatusNoSuchSession) // never binds [MSRP-CON-03]
	}
	if !c.serves(h.Method) {
		return refusal(msrpwire.StatusUnknownMethod) // never binds [MSRP-FRM-24]
	}
	if owner == nil {
		// RFC 4975 §5.4: the first request ties the session to the connection,
		// whatever becomes of its content. [MSRP-CON-03]
		if err := c.bind(s); err != nil {
			return err
		}
	}
	if e := s.gate.Load(); e != nil && (h.HasBody && h.Method == msrpwire.SEND || h.Method == msrpwire.NICKNAME) {
		return e // [SW-GEN-09]
	}
	return nil
}

// serves reports that the session at hand knows the method.
func (c *conn) serves(m msrpwire.Method) bool {
	if m == msrpwire.NICKNAME {
		c.in.nicknamer, _ = c.in.session.cfg.Handler.(Nicknamer)
		return c.in.nicknamer != nil
	}
	return m == msrpwire.SEND || m == msrpwire.REPORT
}

// lookup finds the session a request is for. RFC 4975 §7.3. [MSRP-PTH-05]
// [MSRP-PTH-06]
func (c *conn) lookup(h *msrpwire.Head) *Session {
	r := &c.in
	if s := r.known; s != nil && bytes.Equal(h.ToPath, r.toPath) && bytes.Equal(h.FromPath, r.fromPath) {
		if s.ended.Load() {
			return nil
		}
		return s
	}
	if h.ToPath.Len() != 1 {
		return nil
	}
	s := c.ep.session(msrpwire.SessionIDOf(h.ToPath))
	if s == nil || s.ended.Load() {
		return nil
	}
	to, err := msrpwire.ParseURI(string(h.ToPath))
	if err != nil || !c.ep.cfg.Matching.To(s.uri, to) {
		return nil
	}
	from, err := h.FromPath.URIs()
	if err != nil || !c.ep.cfg.Matching.From(s.peer(), from) {
		return nil
	}
	r.known = s
	r.toPath = append(r.toPath[:0], h.ToPath...)
	r.fromPath = append(r.fromPath[:0], h.FromPath...)
	return s
}

// bind ties a passive session to the connection. RFC 4975 §5.4. [MSRP-CON-03]
func (c *conn) bind(s *Session) *Error {
	c.mu.Lock()
	s.mu.Lock()
	var refused *Error
	switch {
	case s.ended.Load():
		refused = refusal(msrpwire.StatusNoSuchSession)
	case s.conn.Load() == c:
	case s.conn.Load() != nil:
		refused = refusal(msrpwire.StatusBoundElsewhere)
	case !c.attach(s):
		refused = refusal(msrpwire.StatusForbidden) // [MSRP-CON-07]
	default:
		s.timer.Stop()
		s.conn.Store(c)
		s.ready = true
		c.pump(s) // what was held for it [MSRP-CON-02]
	}
	s.mu.Unlock()
	c.mu.Unlock()
	if refused == nil {
		c.ep.bound(c)
		s.cfg.Handler.Bound()
	}
	return refused
}

// bindTo sends the first request of an active session on c; it reports false if
// c takes no further session. RFC 4975 §5.4. [MSRP-CON-01]
func (s *Session) bindTo(c *conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended.Load() || s.conn.Load() != nil {
		return true
	}
	if !c.attach(s) {
		return false
	}
	s.timer.Stop()
	s.conn.Store(c)
	c.sendEmpty(s, slotBind) // nothing else in this session until it is answered
	return true
}

// onBody takes the next octets of a body.
func (c *conn) onBody(p []byte) {
	r := &c.in
	if r.in == nil || r.verdict != nil {
		return
	}
	if r.verdict = r.in.take(p); r.verdict != nil {
		r.in.drop(r.verdict.Status)
		c.refuseEarly(r.dec.Head())
	}
}

// onEnd answers the request and acts on it.
func (c *conn) onEnd() {
	r := &c.in
	h := r.dec.Head()
	switch {
	case !h.IsRequest():
		c.response(h)
	case r.verdict != nil:
		c.refuse(h)
	case h.Method == msrpwire.SEND && h.HasBody:
		c.endChunkIn(h, r.dec.Flag())
	case h.Method == msrpwire.SEND:
		c.endEmpty(h, r.dec.Flag())
	case h.Method == msrpwire.REPORT:
		r.session.reported(h)
	default:
		c.nickname(h)
	}
}

// refuse answers a request that failed a check.
func (c *conn) refuse(h *msrpwire.Head) {
	r := &c.in
	if !r.answered {
		c.respond(h, r.verdict.Status, r.verdict.Comment)
	}
	switch r.verdict.Status {
	case msrpwire.StatusBadRequest, msrpwire.StatusNoSuchSession, msrpwire.StatusBoundElsewhere:
		r.fatal = c.failed()
	}
}

// malformed handles a message that the decoder refused. [MSRP-FRM-03]
// [MSRP-FRM-04] [MSRP-FRM-23]
func (c *conn) malformed(err error) {
	r := &c.in
	var e *Error
	if !errors.As(err, &e) {
		r.fatal = err
		return
	}
	if r.in != nil && r.verdict == nil {
		r.in.drop(e.Status)
	}
	if !r.answered {
		c.respond(r.dec.Head(), e.Status, e.Comment)
	}
	r.in, r.answered, r.verdict = nil, false, nil
	if r.fatal = c.failed(); e.Fatal {
		r.fatal = e
	}
}

// failed counts a failed request. There may be 2 without a bound session, and
// 20 a minute with one. [MSRP-CON-04]
func (c *conn) failed() error {
	const unbound, bound, minute = 2, 20, int64(60e9)
	c.mu.Lock()
	defer c.mu.Unlock()
	now, limit := c.ep.now(), unbound
	if len(c.sessions) > 0 {
		limit = bound
		if now-c.badSince > minute {
			c.bad, c.badSince = 0, now
		}
	}
	if c.bad++; c.bad > limit {
		return errBadPeer
	}
	return nil
}

// respond answers a request if it is to be answered, on the connection it came
// from. RFC 4975 §7.2. [MSRP-CON-13] [MSRP-RSP-01] [MSRP-RSP-02]
func (c *conn) respond(h *msrpwire.Head, status int, comment string) {
	if !h.WantsResponse(status) {
		return
	}
	size := 2*len(h.TID) + len(h.FromPath) + len(h.ToPath) + len(comment) + 128
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return
	}
	b := c.out.room(size)
	from := len(b.buf)
	b.buf = msrpwire.AppendResponse(b.buf, h, status, comment)
	over := c.owe(b, from)
	c.mu.Unlock()
	if over {
		c.fail(ErrStalled)
	}
}

// owe counts a response or report that was rendered into b from octet from on;
// true means that the peer leaves too many unread.
func (c *conn) owe(b *block, from int) bool {
	c.out.wrote(b, nil, from)
	c.owed += len(b.buf) - from
	c.wake()
	return c.owed > c.ep.cfg.ResponseBacklog
}
