package focus

import (
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/sdp"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/invite"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/wheel"
)

// preconditionWait is how long the caller may take for his resources (D-39).
const preconditionWait = time.Minute

// suspension is an INVITE that waits for resources of its caller (RFC 3312 §6). His
// place is reserved and he has our answer, but he is not in the conference, and no
// message is taken from him or sent to him. [PRE-08]
type suspension struct {
	// fixed after construction
	call *call
	in   *invite.Incoming
	leg  Leg

	// owned by the shard of the Call-ID
	direction conference.Direction
	theirs    *sdp.Session // his last description
	acked     bool         // our 183 has arrived
	met       bool         // every mandatory precondition is
	over      bool
	timer     wheel.Timer
}

// suspend answers with a reliable 183 and waits (TS 24.247 §7.3.2.3.2). [PRE-04]
// [FOC-FAC-04] [FOC-FAC-05]
func (c *call) suspend(leg Leg, description *sdp.Session, direction conference.Direction) {
	w := &suspension{call: c, in: c.in, leg: leg, direction: direction, theirs: c.offer, met: description.Met()}
	in := c.in
	c.mu.Lock()
	if c.cancelled {
		c.mu.Unlock()
		return
	}
	c.waiting, c.promised = w, true
	contact := c.contact
	c.mu.Unlock()
	answer := invite.Answer{
		Body: description.Append(nil), Contact: contact,
		Fields: append(assertion(c.inst.ID(), c.caller.Trusted), sipmsg.Field{Name: "Require", Value: preconditionTag}),
	}
	in.Do(func() {
		if w.over {
			return // gone meanwhile
		}
		c.focus.dialogs.After(in.ID().CallID, &w.timer, c.focus.cfg.PreconditionWait, w.expire)
		in.Reliably(183, answer, w.acknowledged)
	})
}

// acknowledged takes the PRACK to the 183. Where that made the offer the answer is here.
func (w *suspension) acknowledged(prack *sipmsg.Request) {
	if w.over {
		return
	}
	w.acked = true
	if w.call.offer == nil && w.theirs == nil {
		if err := w.answered(prack); err != nil {
			w.giveUp(statusOf(err, w.call.focus.cfg.Agent))
			return
		}
	}
	w.resume()
}

func (w *suspension) answered(prack *sipmsg.Request) error {
	answer, direction, err := takeAnswer(w.leg, &prack.Header, prack.Body)
	if answer != nil {
		w.theirs, w.met, w.direction = answer, answer.Met(), direction
	}
	return err
}

// earlyOffer takes an offer before the 200: the caller tells how far his resources are.
// [PRE-07]
func (c *call) earlyOffer(r *invite.Reoffer) {
	c.mu.Lock()
	w, contact := c.waiting, c.contact
	c.mu.Unlock()
	if w == nil || w.over {
		r.Reject(&sip.Error{Status: 504}) // RFC 3311 §5.2: it cannot be decided now
		return
	}
	body, err := offerIn(&r.Request().Header, r.Request().Body)
	if err != nil {
		r.Reject(sip.AsError(err))
		return
	}
	offer, answer, direction, refused := c.respond(w.leg, body)
	if refused != nil {
		r.Reject(refused)
		return
	}
	w.theirs, w.direction, w.met = offer, direction, answer.Met()
	r.Accept(invite.Answer{Body: answer.Append(nil), Contact: contact}, nil)
	w.resume()
}

// resume lets the call go on when the 183 has arrived and everything is there that has
// to be. [PRE-07]
func (w *suspension) resume() {
	if w.over || !w.acked || !w.met {
		return
	}
	c := w.call
	w.end()
	c.mu.Lock()
	c.waiting = nil
	c.mu.Unlock()
	c.connect(nil, w.direction)
}

// expire gives up what the caller did not get ready in time. [PRE-11]
func (w *suspension) expire() {
	var what *sdp.Session
	if w.theirs != nil {
		what = w.theirs.Unmet()
	}
	w.giveUp(unmet(what))
}

// giveUp refuses the INVITE and takes the caller's place back.
func (w *suspension) giveUp(e *sip.Error) {
	if w.over {
		return
	}
	w.end()
	c := w.call
	c.withdraw(conference.CauseFailed)
	c.refuse(e)
}

func (w *suspension) end() {
	w.over = true
	w.timer.Stop()
}

// interrupt ends a suspension for a reason of the conference's.
func (w *suspension) interrupt(e *sip.Error) {
	w.in.Do(func() { w.giveUp(e) })
}
