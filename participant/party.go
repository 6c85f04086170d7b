package participant

import (
	"github.com/confab-chat/confab/sip/invite"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// party hears what happens to the session with the focus.
type party struct{ c *Conference }

// Confirmed implements [invite.SessionHandler]: the focus has our answer, or sends its
// own.
func (h party) Confirmed(ack *sipmsg.Request) {
	c := h.c
	if c.confirm == nil {
		return
	}
	if err := c.confirm(ack); err != nil {
		c.hangUp(err)
		return
	}
	c.follow()
}

// Reoffer implements [invite.SessionHandler]: a re-INVITE of the focus is answered
// without asking anybody. [PAR-GEN-05]
func (h party) Reoffer(r *invite.Reoffer) { h.c.reoffered(r) }

// Description implements [invite.Describer].
func (h party) Description() []byte {
	if d := h.c.talk.Description(); d != nil {
		return d.Append(nil)
	}
	return nil
}

// Ended implements [invite.SessionHandler].
func (h party) Ended(end invite.End) {
	left := Left{Reason: end.Cause.String(), Err: end.Err}
	switch end.Cause {
	case invite.LocalBye:
		left.Reason = "left"
	case invite.RemoteBye:
		left = Left{Reason: farewell(end.Request), ByFocus: true}
	case invite.Cancelled, invite.Unacknowledged, invite.Unanswered, invite.Lost:
	}
	h.c.settle(ErrLeft)
	h.c.finish(left)
}

// farewell is why the focus says goodbye: the text of Reason (RFC 3326), if any.
func farewell(bye *sipmsg.Request) string {
	if bye != nil {
		for _, r := range bye.Header.Reasons() {
			if r.Text != "" {
				return r.Text
			}
		}
	}
	return "ended by the focus"
}

// finish is the end of the conference on our side. It runs on the call's shard.
func (c *Conference) finish(left Left) {
	if c.over {
		return
	}
	c.over = true
	c.composing.reset()
	c.writers.close()
	c.mu.Lock()
	l := c.line
	c.line = nil
	unsure := c.pending.drain()
	c.mu.Unlock()
	if l != nil {
		l.session.Close()
	}
	if c.previous != nil {
		c.previous.Close()
		c.previous = nil
	}
	for _, id := range unsure {
		c.events.put(Failed{ID: id, Reason: "unconfirmed"}) // [MSRP-RPT-11]
	}
	if c.reason != nil && left.Err == nil && !left.ByFocus {
		left.Reason, left.Err = c.reason.Error(), c.reason
	}
	c.events.finish(left)
	c.linger()
	close(c.done)
	c.ue.remove(c)
}
