package participant

import (
	"context"
	"errors"

	"github.com/confab-chat/confab/sdp"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/invite"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// ErrWithdrawn means that an invitation was decided before, or is not wanted any more.
var ErrWithdrawn = errors.New("participant: the invitation is over")

// called is a call of a focus that waits for its answer.
type called struct {
	u        *UE
	in       *invite.Incoming
	c        *Conference
	proposal *sdp.Proposal // nil: the INVITE has no offer
	replaced *Conference   // nil: none
}

// Invite implements [invite.Handler]. [PAR-INC-03]
func (d door) Invite(in *invite.Incoming) {
	u := d.u
	if d.file(in) {
		return
	}
	x := &called{u: u, in: in}
	i, err := x.examine()
	if err == nil {
		in.OnCancel(func(invite.End) { i.withdraw() })
		err = u.offer(i)
	}
	if err != nil {
		in.Reject(err)
		return
	}
	in.Provisional(180, invite.Answer{Contact: u.contact(in.Source().SIPS)})
}

// examine reads the INVITE. Its order is that of RFC 3261 §8.2.
func (x *called) examine() (*Invitation, *sip.Error) {
	req := x.in.Request()
	contact, refused := x.u.caller(x.in)
	if refused != nil {
		return nil, refused
	}
	parts, err := sipmsg.Bodies(req, sipmsg.Limits{})
	if err != nil {
		return nil, &sip.Error{Status: 400, Reason: "Bad Body"}
	}
	offer, refused := offerAmong(parts)
	if refused != nil {
		return nil, refused
	}
	i := &Invitation{u: x.u, answer: x, decision: decision{decided: make(chan struct{})}, Subject: req.Header.Value("Subject"), By: referrer(&req.Header)}
	from, err := req.Header.From()
	if err != nil {
		return nil, &sip.Error{Status: 400, Reason: "Bad From"}
	}
	to, err := req.Header.To()
	if err != nil {
		return nil, &sip.Error{Status: 400, Reason: "Bad To"}
	}
	i.Conference, i.Display = from.URI.Address().String(), from.Display
	i.Others, i.ReplyAll = x.u.others(parts, to.URI.Address())
	x.c = x.u.newConference(from.URI, sipmsg.URI{}, Options{})
	// Who was called is who is in the conference, whatever else his address is.
	x.c.self.URI = to.URI.Address()
	x.c.focus = contact.URI
	x.c.learn(&req.Header)
	x.c.canonical = i.Conference
	i.Ordinary = !contact.Params.Has("isfocus") // [PAR-GEN-02]
	x.c.options.NoSubscribe = i.Ordinary || !offersRoster(&req.Header)
	if refused = x.propose(offer); refused != nil {
		return nil, refused
	}
	return i, x.replace(i)
}

// caller looks at what every INVITE has to have, and returns the Contact of who calls.
func (u *UE) caller(in *invite.Incoming) (sipmsg.Address, *sip.Error) {
	if err := u.stack.Dialog.Unsupported(in.Request()); err != nil {
		return sipmsg.Address{}, err
	}
	if err := in.Check(); err != nil {
		return sipmsg.Address{}, err
	}
	contacts, err := in.Request().Header.Contacts()
	if err != nil || len(contacts) != 1 {
		return sipmsg.Address{}, &sip.Error{Status: 400, Reason: "Bad Contact"}
	}
	return contacts[0], nil
}

// offerAmong finds the session description among bodies, nil if there is none. A body
// that is not understood is passed over if its sender says so. [PAR-INC-05]
func offerAmong(parts []sipmsg.Part) ([]byte, *sip.Error) {
	var offer []byte
	for _, p := range parts {
		t, ok := p.Header.ContentType()
		d, _ := p.Header.ContentDisposition()
		switch {
		case ok && t.Is("application/sdp"):
			if offer == nil {
				offer = p.Body
			}
		case d.Optional():
		default:
			return nil, &sip.Error{Status: 415, Header: []sipmsg.Field{{Name: "Accept", Value: accepted}}}
		}
	}
	return offer, nil
}

// propose looks at the offer: without a message stream it is answered 488.
// [PAR-INC-06]
func (x *called) propose(offer []byte) *sip.Error {
	if offer == nil {
		return nil
	}
	description, err := sdp.Parse(offer)
	if err == nil {
		x.proposal, err = x.c.talk.Receive(description)
	}
	if err != nil {
		return refusal(err)
	}
	return nil
}

// accept implements answerer.
func (x *called) accept(ctx context.Context) (*Conference, error) {
	c := x.c
	next, err := x.u.open(ctx, c.focus)
	if err == nil {
		c.next = next
		err = x.u.begin(c)
	}
	if err != nil {
		x.in.Reject(&sip.Error{Status: 480, Cause: err})
		return nil, err
	}
	x.in.Do(x.pickUp)
	select {
	case err = <-c.outcome:
	case <-ctx.Done():
		err = ctx.Err()
	case <-x.u.closing:
		err = ErrClosed
	}
	if err == nil {
		err = x.u.joined(c)
	}
	if err != nil {
		x.in.Do(func() { c.hangUp(err) })
		return nil, err
	}
	if x.replaced != nil {
		// RFC 3891 §3: the new one stands, the old one ends.
		x.replaced.session.Bye()
	}
	return c, nil
}

// pickUp sends the 200.
func (x *called) pickUp() {
	c := x.c
	c.withLine(x.in.Do, func(l *line, err error) {
		if err != nil {
			c.session = x.in.Accept(invite.Answer{}, party{c})
			c.hangUp(err)
			return
		}
		x.pickUpOn(l)
	})
}

func (x *called) pickUpOn(l *line) {
	c := x.c
	c.line = l
	var body *sdp.Session
	if x.proposal == nil {
		body = c.talk.Offer(c.local(l))
		c.confirm = func(ack *sipmsg.Request) error { return c.accept(ack.Body) }
	} else {
		var stream sdp.Stream
		body, stream = c.talk.Answer(x.proposal, c.local(l))
		effect := x.proposal.Effect
		// Connected once the ACK is here: before, the focus may not know our path yet.
		c.confirm = func(*sipmsg.Request) error { return c.agree(effect, stream) }
	}
	c.session = x.in.Accept(invite.Answer{Body: body.Append(nil), Contact: x.u.contact(x.in.Source().SIPS)}, party{c})
}

// decline implements answerer.
func (x *called) decline(e *sip.Error) { x.in.Reject(e) }

// replace finds the session whose place the call is to take (RFC 3891 §3). [PAR-INC-04]
func (x *called) replace(i *Invitation) *sip.Error {
	h := &x.in.Request().Header
	if !h.Has("Replaces") {
		return nil
	}
	r, err := h.Replaces()
	if err != nil || len(h.Values("Replaces")) > 1 {
		return &sip.Error{Status: 400, Reason: "Bad Replaces"}
	}
	old := x.u.matching(r)
	switch {
	case old == nil:
		return &sip.Error{Status: 481}
	case r.EarlyOnly:
		return &sip.Error{Status: 486}
	}
	x.replaced, i.Replaces = old, old.URI()
	i.Entitled = sameURI(i.By, i.Replaces) || sameURI(i.By, old.dialled.String()) || sameURI(i.Conference, i.Replaces)
	return nil
}

// matching finds the conference in whose dialog we have the tag to-tag.
func (u *UE) matching(r sipmsg.Replaces) *Conference {
	u.mu.Lock()
	defer u.mu.Unlock()
	for c, joined := range u.conferences {
		if !joined {
			continue
		}
		if id := c.session.ID(); id.CallID == r.CallID && id.Local == r.ToTag && id.Remote == r.FromTag {
			return c
		}
	}
	return nil
}
