package msrp

import "github.com/confab-chat/confab/msrp/msrpwire"

// response handles the response to a request of ours. One that belongs to none,
// late or repeated, is ignored. [MSRP-RSP-12] [MSRP-FRM-25]
func (c *conn) response(h *msrpwire.Head) {
	err := outcomeOf(h)
	c.mu.Lock()
	n, ok := c.tids.Counter(h.TID)
	sl := c.ring.at(n)
	if !ok || sl == nil {
		c.mu.Unlock()
		return
	}
	s, kind := sl.session, sl.kind
	s.lastAnswer = c.heard(c.lastRead.Load())
	if kind == slotMessage && !sl.silent && err == nil && s.queue.empty() { // nearly always
		ref := sl.ref
		s.open--
		c.ring.free(n)
		c.mu.Unlock()
		s.cfg.Handler.Sent(ref, nil)
		return
	}
	reply := sl.reply()
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
	reply(h)
	if bound {
		s.cfg.Handler.Bound()
	}
	c.fire(c.in.done)
	if kind == slotBind && err != nil || ends(h.Status) {
		s.end(err, true)
	}
}

// outcomeOf is nil for a good response. RFC 4975 §10 knows no other success than
// 200; what else begins with 2 is taken for one, too. [MSRP-RSP-11]
func outcomeOf(h *msrpwire.Head) error {
	if h.Status >= 200 && h.Status <= 299 {
		return nil
	}
	return &Error{Status: h.Status, Comment: string(h.Comment)}
}

// ends reports that an answer with this status ends the session.
// RFC 4975 §10.8, §10.10. [MSRP-RSP-08]
func ends(status int) bool {
	return status == msrpwire.StatusNoSuchSession || status == msrpwire.StatusBoundElsewhere
}
