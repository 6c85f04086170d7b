package msrp

import "github.com/confab-chat/confab/msrp/msrpwire"

// response handles the response to a request of ours. One that belongs to none,
// late or repeated, is ignored. [MSRP-RSP-12] [MSRP-FRM-25]
func (c *conn) response(h *msrpwire.Head) {
	var err error
	if h.Status < 200 || h.Status > 299 { // RFC 4975 §10 knows no other success [MSRP-RSP-11]
		err = &Error{Status: h.Status, Comment: string(h.Comment)}
	}
	c.mu.Lock()
	n, ok := c.tids.Counter(h.TID)
	sl := c.ring.at(n)
	if !ok || sl == nil {
		c.mu.Unlock()
		return
	}
	s, kind := sl.session, sl.kind
	s.lastAnswer = c.lastRead.Load()
	if kind == slotMessage && err == nil && s.queue.empty() { // nearly always
		ref, silent := sl.ref, sl.silent
		if !silent {
			s.open--
		}
		c.ring.free(n)
		c.mu.Unlock()
		if !silent {
			s.cfg.Handler.Sent(ref, nil)
		}
		return
	}
	c.settle(n, err)
	bound := kind == slotBind && err == nil
	if bound {
		s.ready = true
	}
	if !s.queue.empty() {
		c.pump(s)
	}
	c.in.done = c.takeSettled(c.in.done[:0])
	c.mu.Unlock()
	if bound {
		s.cfg.Handler.Bound()
	}
	c.fire(c.in.done)
	if err != nil && (kind == slotBind || ends(h.Status)) {
		s.end(err, true)
	}
}

// ends reports that an answer with this status ends the session.
// RFC 4975 §10.8, §10.10. [MSRP-RSP-08]
func ends(status int) bool {
	return status == msrpwire.StatusNoSuchSession || status == msrpwire.StatusBoundElsewhere
}
