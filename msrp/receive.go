package msrp

import (
	"time"

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
	spied     []byte        // of the message that is being read, for the tap
	complete  bool          // the message in it has reached its end-line
	messages  int           // ended in the WebSocket message that is being read
	pause     time.Duration // before anything more is read
	binding   bool          // the request has just bound its session
	octets    int           // of its body, if it has

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
	r.binding, r.octets = false, 0
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
	if !r.binding {
		r.dec.Skip() // [MSRP-RCV-15]
	}
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
		// One of the two may not be who it should be: an overheard URI binds once.
		c.ep.cfg.Log.Warn("msrp session is bound to another connection", "remote", c.source, "bound_to", owner.source)
		return refusal(msrpwire.StatusBoundElsewhere) // [MSRP-CON-05]
	}
	c.in.session = s
	if owner == nil && h.Method == msrpwire.REPORT {
		return refusal(msrpwire.StatusNoSuchSession) // never binds [MSRP-CON-03]
	}
	if !c.serves(h.Method) {
		return refusal(msrpwire.StatusUnknownMethod) // never binds [MSRP-FRM-24]
	}
	if owner == nil || c.waits(s) {
		// RFC 4975 §5.4: the first request ties the session to the connection,
		// whatever becomes of its content. [MSRP-CON-03]
		if err := c.tryBind(s); err != nil {
			return err
		}
		c.in.binding = true
	}
	if h.HasBody && h.Method == msrpwire.SEND || h.Method == msrpwire.NICKNAME {
		if err := c.pass(s); err != nil {
			s.abandon(h.MessageID)
			return err // [SW-GEN-09]
		}
	}
	return nil
}

// tryBind binds a session unless the connection is not the one that its
// description speaks of: then that ends without an answer. [MSRP-TLS-06]
func (c *conn) tryBind(s *Session) *Error {
	if err := c.fits(s); err != nil {
		c.ep.cfg.Log.Warn("msrp connection does not fit its session", "remote", c.source, "reason", err)
		c.in.fatal, c.in.answered = err, true
		return refusal(msrpwire.StatusForbidden)
	}
	if !c.admitted(s) {
		c.ep.cfg.Log.Warn("msrp session belongs to another user", "remote", c.source, "users", c.web.users)
		c.in.fatal = c.failed()
		return refusal(msrpwire.StatusForbidden)
	}
	return c.bind(s)
}

// admitted reports whether a session may be bound by the user who has opened the
// connection, where that is known. [WS-06] [WS-08]
func (c *conn) admitted(s *Session) bool {
	if c.web == nil || c.web.users == nil {
		return true
	}
	keeper, ok := s.cfg.Handler.(Doorkeeper)
	return !ok || keeper.Admits(c.web.users)
}

// serves reports that the session at hand knows the method.
func (c *conn) serves(m msrpwire.Method) bool {
	if m == msrpwire.NICKNAME {
		c.in.nicknamer, _ = c.in.session.cfg.Handler.(Nicknamer)
		return c.in.nicknamer != nil
	}
	return m == msrpwire.SEND || m == msrpwire.REPORT
}

// onBody takes the next octets of a body.
func (c *conn) onBody(p []byte) {
	r := &c.in
	r.octets += len(p)
	if r.in == nil || r.verdict != nil {
		return
	}
	if r.verdict = r.in.take(p); r.verdict != nil {
		r.in.drop(r.verdict.Status)
		c.refuseEarly(r.dec.Head())
	}
}

// emptyBody reports whether a body of no octets, in the request that has bound
// the session, may count as none, as it does unless it has been answered: some
// stacks bind so. What has been noted of a message is dropped. [CPIM-14]
func (r *receiver) emptyBody() bool {
	if r.answered {
		return false
	}
	if r.in != nil {
		r.in.drop(0)
		r.in = nil
	}
	return true
}

// onEnd answers the request and acts on it.
func (c *conn) onEnd() {
	r := &c.in
	h := r.dec.Head()
	switch {
	case !h.IsRequest():
		c.response(h)
	case r.binding && h.HasBody && r.octets == 0 && r.emptyBody():
		c.endEmpty(h, r.dec.Flag())
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
