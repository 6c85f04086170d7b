package participant

import (
	"slices"

	"github.com/confab-chat/confab/sdp"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/invite"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// fileCalled is a call about a file that waits for its answer.
type fileCalled struct {
	c        *fileCall
	in       *invite.Incoming
	proposal *sdp.Proposal
}

// file takes an INVITE about a file; false for one that is about something else, or if
// none are wanted. [FT-04]
func (d door) file(in *invite.Incoming) bool {
	if !d.u.cfg.Files.Offers || d.u.cfg.Media.WebSocket != "" {
		return false
	}
	parts, err := sipmsg.Bodies(in.Request(), sipmsg.Limits{})
	if err != nil {
		return false
	}
	description := fileAmong(parts)
	if description == nil {
		return false
	}
	if err := d.offered(in, description); err != nil {
		in.Reject(err)
		return true
	}
	in.Provisional(180, invite.Answer{Contact: d.u.contact(in.Source().SIPS)})
	return true
}

func (d door) offered(in *invite.Incoming, description *sdp.Session) *sip.Error {
	if _, err := d.u.caller(in); err != nil {
		return err
	}
	from, err := in.Request().Header.From()
	if err != nil {
		return &sip.Error{Status: 400, Reason: "Bad From"}
	}
	c := d.u.newFileCall(from.URI.Address().String())
	proposal, err := c.talk.Receive(description)
	if err != nil {
		return refusal(err)
	}
	o := c.offer(proposal, &fileCalled{c, in, proposal})
	o.Display = from.Display
	in.OnCancel(func(invite.End) { o.decide(true) })
	return d.u.offerFile(o)
}

// offer is what the application is asked about a proposal.
func (c *fileCall) offer(p *sdp.Proposal, answer fileAnswer) *FileOffer {
	peer := &p.Stream.Peer
	return &FileOffer{
		From: c.peer, File: *peer.File, Wanted: peer.Direction == sdp.RecvOnly,
		call: c, answer: answer, decision: decision{decided: make(chan struct{})},
	}
}

func (x *fileCalled) do(f func()) { x.in.Do(f) }

func (x *fileCalled) refuse(e *sip.Error) {
	x.c.ue.letGo(x.c)
	x.in.Reject(e)
}

// take sends the 200.
func (x *fileCalled) take(t *Transfer) {
	c := x.c
	c.transfer = t
	if err := t.acceptable(&x.proposal.Stream); err != nil {
		x.in.Reject(noFile(err))
		c.finish(err)
		return
	}
	body, _ := c.talk.Answer(x.proposal, c.local(t))
	c.session = x.in.Accept(invite.Answer{Body: body.Append(nil), Contact: c.ue.contact(x.in.Source().SIPS)}, fileParty{c})
}

// acceptable finds out before the answer whether a file can be sent to who asks for it.
func (t *Transfer) acceptable(stream *sdp.Stream) error {
	if !t.sending() {
		return nil
	}
	return t.line.plan(&stream.Peer)
}

// reoffered answers a re-INVITE: what it repeats goes on, or stays ended. RFC 5547 §8.1.
// [FT-04]
func (c *fileCall) reoffered(r *invite.Reoffer) {
	body := r.Request().Body
	if len(body) == 0 {
		c.offerAgain(r)
		return
	}
	description, err := sdp.Parse(body)
	var p *sdp.Proposal
	if err == nil {
		p, err = c.talk.Receive(description)
	}
	if err != nil {
		r.Reject(refusal(err))
		return
	}
	t := c.transfer
	switch f := p.Stream.Peer.File; {
	case p.Effect == sdp.EffectNone:
		c.answerAgain(r, p)
	case p.Effect == sdp.EffectRemove, f == nil:
		c.removedByPeer(r, p)
	case f.TransferID != t.File().TransferID && slices.Contains(c.known, f.TransferID):
		p.Decline() // one of before
		c.removedByPeer(r, p)
	case f.TransferID != t.File().TransferID:
		c.another(r, p)
	case !c.sameFile(t, f):
		p.Decline() // RFC 5547 §8.1: an error
		c.removedByPeer(r, p)
	default:
		if p.Effect == sdp.EffectNew {
			p.Effect = sdp.EffectChange // nothing restarts
		}
		c.answerAgain(r, p)
	}
}

// sameFile reports whether f describes the file of t, and a stream of it is in force.
func (c *fileCall) sameFile(t *Transfer, f *sdp.File) bool {
	known := t.File()
	_, open := c.talk.Stream()
	return open && known.Same(f)
}

// answerAgain says again what was said.
func (c *fileCall) answerAgain(r *invite.Reoffer, p *sdp.Proposal) {
	answer, _ := c.talk.Answer(p, c.local(c.transfer))
	r.Accept(invite.Answer{Body: answer.Append(nil)}, nil)
}

// offerAgain answers a re-INVITE without offer by one of ours: what is there.
func (c *fileCall) offerAgain(r *invite.Reoffer) {
	if _, ok := c.talk.Stream(); !ok {
		r.Reject(&sip.Error{Status: 488})
		return
	}
	offer := c.talk.Offer(c.local(c.transfer))
	r.Accept(invite.Answer{Body: offer.Append(nil)}, func(ack *sipmsg.Request) {
		if err := c.removed(ack.Body); err != nil {
			c.abort(c.transfer, refusal(err))
		}
	})
}

// removedByPeer answers with port 0 and ends the transfer: a message that is being sent
// ends with #. [FT-07]
func (c *fileCall) removedByPeer(r *invite.Reoffer, p *sdp.Proposal) {
	t := c.transfer
	t.line.stop()
	c.conclude(t, ErrAborted)
	c.removing = true // it is
	answer, _ := c.talk.Answer(p, sdp.Local{})
	r.Accept(invite.Answer{Body: answer.Append(nil)}, nil)
	c.after(fileLinger, func() { c.session.Bye() })
}

// another asks the application about another file on the same m-line; one that is on its
// way is given up. RFC 5547 §8.6. [FT-04]
func (c *fileCall) another(r *invite.Reoffer, p *sdp.Proposal) {
	switch {
	case r.Request().Method != sipmsg.INVITE:
		r.Reject(&sip.Error{Status: 504}) // RFC 3311 §5.2: a user is asked
		return
	case len(c.known) >= maxTransfers:
		r.Reject(&sip.Error{Status: 486})
		return
	}
	p.Effect = sdp.EffectNew // of ours, even if the other keeps his path [FT-05]
	o := c.offer(p, &fileAgain{c, r, p})
	r.OnCancel(func() { o.decide(true) })
	if err := c.ue.offerFile(o); err != nil {
		r.Reject(err)
		return
	}
	c.knows(o.File.TransferID)
}

// fileAgain is a re-INVITE about another file that waits for its answer.
type fileAgain struct {
	c        *fileCall
	r        *invite.Reoffer
	proposal *sdp.Proposal
}

func (x *fileAgain) do(f func()) { x.c.session.Do(f) }

// refuse answers with port 0.
func (x *fileAgain) refuse(*sip.Error) {
	x.c.session.Do(func() {
		if !x.c.ended && x.r.Commit() {
			x.proposal.Decline()
			x.c.removedByPeer(x.r, x.proposal)
		}
	})
}

// take sends the 200.
func (x *fileAgain) take(t *Transfer) {
	c := x.c
	if err := t.acceptable(&x.proposal.Stream); err != nil || c.ended || !x.r.Commit() {
		if err == nil {
			err = ErrWithdrawn
		}
		x.r.Reject(noFile(err))
		t.line.session.Close()
		c.conclude(t, err)
		return
	}
	old := c.transfer
	old.line.stop()
	c.conclude(old, ErrAborted)
	old.line.session.Close()
	c.timer.Stop()
	c.transfer, c.removing = t, false
	body, _ := c.talk.Answer(x.proposal, c.local(t))
	x.r.Accept(invite.Answer{Body: body.Append(nil)}, func(*sipmsg.Request) { c.confirmed(t) })
}
