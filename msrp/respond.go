package msrp

import (
	"errors"
	"slices"

	"github.com/confab-chat/confab/msrp/msrpwire"
)

// refuse answers a request that failed a check.
func (c *conn) refuse(h *msrpwire.Head) {
	r := &c.in
	if !r.answered {
		c.respond(h, r.verdict.Status, r.verdict.Comment)
	}
	switch r.verdict.Status {
	case msrpwire.StatusNoSuchSession:
		if !c.hosts(h) {
			r.fatal = c.failed()
		}
	case msrpwire.StatusBadRequest, msrpwire.StatusBoundElsewhere:
		r.fatal = c.failed()
	}
}

// hosts reports that a request is for a session of this connection. If it has
// ended its sender need not know yet. [MSRP-CON-17]
func (c *conn) hosts(h *msrpwire.Head) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Contains(c.hosted, string(msrpwire.SessionIDOf(h.ToPath.First())))
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
	b, from := c.out.begin(size)
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
	c.out.wrote(b, nil, from, false)
	c.owed += len(b.buf) - from
	c.wake()
	return c.owed > c.ep.cfg.ResponseBacklog
}
