package focus

import (
	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/sdp"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/invite"
	"github.com/confab-chat/confab/sip/sipmsg"
)

var (
	_ invite.SessionHandler = (*call)(nil)
	_ invite.Describer      = (*call)(nil)
)

// Confirmed implements invite.SessionHandler: the ACK to our 200. If that made
// the offer the ACK brings the answer; without a usable one the dialog ends.
// [FOC-FAC-10]
func (c *call) Confirmed(ack *sipmsg.Request) {
	c.fanOut()
	if !c.offered {
		return
	}
	if err := c.answered(ack); err != nil {
		c.leave(conference.CauseFailed, noAnswer(err))
	}
}

// noAnswer is the Reason of a departure for want of a usable answer to our
// offer.
func noAnswer(err error) string {
	return sipmsg.Reason{Protocol: "SIP", Cause: 488, Text: err.Error()}.String()
}

// answered takes the answer in an ACK.
func (c *call) answered(ack *sipmsg.Request) error {
	c.mu.Lock()
	leg := c.leg
	c.mu.Unlock()
	_, direction, err := takeAnswer(leg, &ack.Header, ack.Body)
	if err != nil {
		return err
	}
	c.setMedia(direction)
	return nil
}

func (c *call) setMedia(direction conference.Direction) {
	c.inst.Do(conference.SetMedia{At: c.focus.cfg.Now(), Endpoint: c.endpoint, Media: direction}, nil)
}

// Ended implements invite.SessionHandler: the dialog is over, and with it the
// endpoint's stay. [FOC-LVE-01]
func (c *call) Ended(end invite.End) {
	c.mu.Lock()
	c.over = true
	leg, id := c.leg, c.dialog
	c.session = nil
	c.mu.Unlock()
	if id.CallID != "" {
		c.focus.departed.add(id, c.focus.cfg.Now())
	}
	if leg != nil {
		leg.Close() // at once: the conference may have messages waiting before it [MIX-05]
	}
	c.leave(causeOf(end.Cause), reasonOf(end))
	c.finish()
}

// reasonOf is the Reason of a departure: what the BYE says, and where none came, whether
// the dialog is gone or just silent. [FOC-LVE-04] [FOC-LVE-05]
func reasonOf(end invite.End) string {
	switch {
	case end.Request != nil:
		return conference.Printable(end.Request.Header.Value("Reason"), maxReason)
	case end.Cause == invite.Lost && sip.AsError(end.Err).Status == 481:
		return failedBecause(481)
	case end.Cause == invite.Lost, end.Cause == invite.Unacknowledged:
		return failedBecause(408)
	}
	return ""
}

func causeOf(cause invite.Cause) conference.Cause {
	switch cause {
	case invite.LocalBye, invite.RemoteBye:
		return conference.CauseHungup
	case invite.Cancelled:
		return conference.CauseCancelled
	case invite.Unacknowledged:
		return conference.CauseUnacknowledged // [FOC-FAC-09]
	case invite.Lost:
		return conference.CauseLost // [FOC-LVE-04]
	case invite.Unanswered:
	}
	return conference.CauseFailed
}

// leave takes the endpoint out of the conference; gone already, nothing happens.
func (c *call) leave(cause conference.Cause, reason string) {
	c.inst.Do(conference.Leave{At: c.focus.cfg.Now(), Endpoint: c.endpoint, Cause: cause, Reason: reason}, nil)
}

// finish forgets the call.
func (c *call) finish() {
	c.mu.Lock()
	a := c.attendance
	c.mu.Unlock()
	if a != nil {
		a.remove(c)
	}
}

// depart ends the dialog of an endpoint that is out of the conference.
func (c *call) depart(a *attendance, e conference.Departed) {
	if i := c.invitation; i != nil && e.Cause == conference.CauseReplaced {
		i.giveUp(elsewhere, 200) // [FOC-JOI-11]
	} else if i != nil {
		i.giveUp(terminated, 487)
	}
	if e.Cause == conference.CauseRemoved {
		c.interrupt(statusOfRefusal(conference.CodeBarred, c.focus.cfg.Agent)) // [FOC-RMV-05]
	}
	a.part(c, departureReason(e))
}

// hangUp sends BYE, unless the dialog is over already. Where the 200 is just on
// its way the BYE follows it. [FOC-RMV-12]
func (c *call) hangUp(reason string) {
	c.interrupt(&sip.Error{Status: 480, RetryAfter: terminatingRetry})
	c.mu.Lock()
	session, parted := c.session, c.parted
	c.session = nil
	if session == nil && !c.over {
		c.bye = reason
	}
	c.mu.Unlock()
	if session != nil {
		session.OnParting(parted)
		session.Bye(sipmsg.Field{Name: "Reason", Value: reason})
	}
}

// interrupt refuses an INVITE that waits for the mixer, or for resources of its caller;
// where neither is so and the call is over before it is connected, it is refused then.
func (c *call) interrupt(e *sip.Error) {
	if c.invitation == nil && c.abandon() {
		c.withdraw(conference.CauseFailed)
		c.refuse(e)
		return
	}
	c.mu.Lock()
	waiting := c.waiting
	c.waiting = nil
	if c.verdict == nil {
		c.verdict = e // for one who is just being connected
	}
	c.mu.Unlock()
	if waiting != nil {
		waiting.interrupt(e)
	}
}

// onParting has f called when the BYE that is to come was answered.
func (c *call) onParting(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.parted = f
}

// departureReason is the Reason of the BYE (RFC 3326).
func departureReason(e conference.Departed) string {
	switch e.Cause {
	case conference.CauseRemoved:
		return `SIP;cause=200;text="Removed from conference"` // [FOC-RMV-02]
	case conference.CauseReplaced:
		return `SIP;cause=200;text="Replaced by another device"`
	case conference.CauseLost:
		return `SIP;cause=408;text="MSRP session lost"`
	case conference.CauseHungup, conference.CauseCancelled, conference.CauseBusy,
		conference.CauseFailed, conference.CauseUnacknowledged:
	}
	if e.Reason != "" {
		return e.Reason
	}
	return `SIP;cause=488;text="No usable MSRP session"`
}

// Description implements invite.Describer.
func (c *call) Description() []byte {
	c.mu.Lock()
	leg := c.leg
	c.mu.Unlock()
	if leg == nil {
		return nil
	}
	if d := leg.Description(); d != nil {
		return d.Append(nil)
	}
	return nil
}

// Reoffer implements invite.SessionHandler: a re-INVITE changes the stream, or
// asks for our offer. [FOC-MOD-01] [FOC-MOD-05]
func (c *call) Reoffer(r *invite.Reoffer) {
	// RFC 3261 §14.1: what is answered 487 changes nothing, and the leg changes
	// before the conference has heard of it and the 200 leaves.
	if !r.Commit() {
		return
	}
	c.mu.Lock()
	leg, contact := c.leg, c.contact
	c.mu.Unlock()
	body, err := offerIn(&r.Request().Header, r.Request().Body)
	if err != nil {
		r.Reject(sip.AsError(err))
		return
	}
	if body == nil {
		c.reofferOurs(r, leg, contact)
		return
	}
	_, answer, direction, refused := c.respond(leg, body)
	if refused != nil {
		r.Reject(refused)
		return
	}
	c.inst.Do(conference.SetMedia{At: c.focus.cfg.Now(), Endpoint: c.endpoint, Media: direction},
		func(instance.Result) { r.Accept(invite.Answer{Body: answer.Append(nil), Contact: contact}, nil) })
}

// respond answers an offer that came inside the dialog. Refused, it changes nothing.
func (c *call) respond(leg Leg, body []byte) (offer, answer *sdp.Session, d conference.Direction, refused *sip.Error) {
	offer, err := sdp.Parse(body)
	if err != nil {
		return nil, nil, d, c.focus.unacceptable(err)
	}
	if e := hopeless(offer); e != nil && c.focus.cfg.Preconditions {
		return nil, nil, d, e // [PRE-09]
	}
	if answer, d, err = leg.Answer(offer); err != nil {
		return nil, nil, d, c.focus.unacceptable(err)
	}
	return offer, answer, d, nil
}

// reofferOurs puts the session in force into the 200; the ACK answers.
func (c *call) reofferOurs(r *invite.Reoffer, leg Leg, contact string) {
	if r.Request().Method != sipmsg.INVITE { // nothing in it that is meant for us
		r.Accept(invite.Answer{Contact: contact}, nil)
		return
	}
	offer, err := leg.Offer()
	if err != nil {
		r.Reject(statusOf(err, c.focus.cfg.Agent))
		return
	}
	r.Accept(invite.Answer{Body: offer.Append(nil), Contact: contact}, func(ack *sipmsg.Request) {
		if err := c.answered(ack); err != nil {
			c.leave(conference.CauseFailed, noAnswer(err))
		}
	})
}
