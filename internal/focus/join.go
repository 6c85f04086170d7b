package focus

import (
	"errors"
	"strings"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/sdp"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/invite"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// join asks for a place in the conference (TS 24.247 §7.3.2.4.1). [FOC-JOI-01]
func (c *call) join() {
	if c.fault != nil {
		c.refuseFaulty()
		return
	}
	c.focus.cfg.Directory.Join(c.resource.Entry.Address, c.admission(), c.admitted)
}

// admitted goes on when the conference has decided, and asks the mixer for a leg. It runs
// on the instance's goroutine.
func (c *call) admitted(inst *instance.Instance, r instance.Result) {
	switch {
	case errors.Is(r.Err, instance.ErrUnwanted):
		return // the CANCEL was answered, and the INVITE with it
	case knocks(r):
		c.knock(inst)
		return
	case r.Err != nil:
		c.refuse(c.refusal(r.Err))
		return
	}
	if !c.belong(inst) {
		c.withdraw(conference.CauseCancelled)
		return
	}
	if refused := c.listFault(r); refused != nil {
		c.withdraw(conference.CauseFailed)
		c.refuse(refused)
		return
	}
	c.reserve(c.legRequest(inst, r.State), c.allocated)
}

// belong makes the call one of the conference's, which ends it when that ends. It reports
// false if the caller has given up.
func (c *call) belong(inst *instance.Instance) bool {
	a := c.focus.attendance(inst.ID())
	if a != nil {
		a.add(c)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inst, c.attendance, c.bye, c.verdict = inst, a, "", nil
	c.contact = c.focus.cfg.Gate.Contact(inst.ID(), c.in.Source())
	return !c.cancelled
}

// allocated goes on with the mixer's answer: the connection, or the wait for resources.
func (c *call) allocated(leg Leg, err error) {
	var description *sdp.Session
	var direction conference.Direction
	if err == nil {
		description, direction, err = negotiate(leg, c.offer)
	}
	switch {
	case err != nil:
		c.withdraw(conference.CauseFailed)
		c.failed(err)
	case c.preconditions.suspends(description):
		c.suspend(leg, description, direction)
	default:
		c.connect(description.Append(nil), direction)
	}
}

// refuseFaulty answers an INVITE with a fault of its own, which takes no place and starts
// no conference. Whether the caller may join at all comes first. [IDN-09]
func (c *call) refuseFaulty() {
	c.focus.permitted(c.resource, c.caller, func(err error) {
		if err != nil {
			c.refuse(c.refusal(err))
			return
		}
		c.refuse(c.fault)
	})
}

// failed gives up a call that had been admitted. If the conference ended under
// it the directory says what becomes of the caller: he may be in time for the
// next life of the conference, unless he has our answer for this one already.
// [FOC-TRM-02]
func (c *call) failed(err error) {
	c.mu.Lock()
	promised, cancelled, verdict := c.promised, c.cancelled, c.verdict
	c.leg, c.attendance = nil, nil
	c.mu.Unlock()
	ended := errors.Is(err, instance.ErrEnded) || conference.CodeOf(err) == conference.CodeNotAlive
	switch {
	case cancelled: // the INVITE is answered
	case ended && !promised && !c.resource.Factory:
		c.join()
	case verdict != nil:
		c.refuse(verdict) // [FOC-RMV-05] [FOC-TRM-03]
	default:
		c.refuse(c.refusal(err))
	}
}

// refusal is the answer to an INVITE that the conference or the mixer refused.
func (c *call) refusal(err error) *sip.Error { return c.focus.refusal(err, c.fault) }

// refusal is the answer to a request that the conference or the mixer refused with err, or
// that has a fault of its own; nil if neither is so. What is wrong with the request itself
// comes before a lack of room, and after a want of right. [IDN-09]
func (f *Focus) refusal(err error, fault *sip.Error) *sip.Error {
	if err == nil {
		return fault
	}
	e := f.unacceptable(err)
	if fault != nil && e.Status != 403 && e.Status != 404 {
		return fault
	}
	return e
}

// legRequest tells the mixer who the endpoint is.
func (c *call) legRequest(inst *instance.Instance, s *conference.State) LegRequest {
	req := c.in.Request()
	p := s.Endpoint(c.endpoint).Participant
	addresses := []string{string(p.User)}
	if p.Anonymous == 0 {
		addresses = append(addresses, p.AssociatedAORs...) // [SW-PUB-14]
	}
	names := []string{string(inst.ID()), c.focus.cfg.Gate.Target(inst.ID(), c.in.Source()), req.URI.String()}
	for _, alias := range c.focus.cfg.Gate.Aliases(inst.Address()) {
		names = append(names, string(alias))
	}
	return LegRequest{
		Instance: inst, Endpoint: c.endpoint, User: p.User, Identity: p.Identity, Addresses: addresses, Conference: names,
		UserAgent: conference.Printable(req.Header.Value("User-Agent"), maxUserAgent), Lost: c.legLost, Again: c.offerAgain,
		Dialled: req.URI.Address().String(), Features: features(&req.Header),
		Preconditions: c.preconditions.used(),
	}
}

// features is where the feature tags of a client stand, RFC 3840 and RFC 3841.
func features(h *sipmsg.Header) string {
	return h.Value("Contact") + " " + strings.Join(h.Values("Accept-Contact"), " ")
}

// negotiate answers the offer, or makes ours if there is none. [FOC-FAC-10]
func negotiate(leg Leg, offer *sdp.Session) (description *sdp.Session, direction conference.Direction, err error) {
	if offer != nil {
		return leg.Answer(offer)
	}
	description, err = leg.Offer()
	return description, direction, err
}

// connect puts the endpoint into the conference and then sends the 200: a
// SUBSCRIBE that overtakes the ACK finds its user connected. [NOT-SUB-04]
// [FOC-FAC-07] [MIX-04]
func (c *call) connect(body []byte, direction conference.Direction) {
	command := conference.Connect{At: c.focus.cfg.Now(), Endpoint: c.endpoint, Media: direction}
	c.inst.Do(command, func(r instance.Result) {
		if r.Err != nil {
			c.withdraw(conference.CauseFailed)
			c.failed(r.Err) // no effect after a CANCEL
			return
		}
		c.accept(body)
	})
}

// accept sends the 200 with the answer and the conference URI. [FOC-FAC-03]
// [FOC-DSP-04]
func (c *call) accept(body []byte) {
	fields := assertion(c.inst.ID(), c.caller.Trusted)
	in := c.in
	c.offered = c.offer == nil && body != nil
	c.in, c.offer = nil, nil
	c.mu.Lock()
	c.dialog = in.ID() // what the peer sends in it may be here before Accept returns
	c.mu.Unlock()
	session := in.Accept(invite.Answer{Body: body, Contact: c.contact, Fields: fields}, c)
	c.mu.Lock()
	due := c.bye
	if !c.over {
		c.session = session
	}
	again := c.again && !c.over
	c.mu.Unlock()
	switch {
	case due != "":
		c.hangUp(due)
	case again:
		c.offerAgain()
	}
}

// assertion is the identity of the focus in responses to trusted peers.
// [FOC-FAC-13]
func assertion(id conference.ID, trusted bool) []sipmsg.Field {
	if !trusted {
		return nil
	}
	return []sipmsg.Field{{Name: "P-Asserted-Identity", Value: "<" + string(id) + ">"}}
}
