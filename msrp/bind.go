package msrp

import (
	"bytes"

	"github.com/confab-chat/confab/msrp/msrpwire"
)

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
	if !c.described(s) {
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
	case s.conn.Load() == c && s.waitsBehindRelay():
		s.timer.Stop()
		s.ready = true
		c.pump(s)
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

// waits reports that a session behind a relay has not heard its peer.
func (c *conn) waits(s *Session) bool {
	if s.relay == nil {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return s.waitsBehindRelay()
}
