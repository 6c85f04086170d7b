package participant

import (
	"errors"
	"fmt"

	"github.com/confab-chat/confab/sdp"
	"github.com/confab-chat/confab/sip/invite"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// preconditionTag is the extension of RFC 3312.
const preconditionTag = "precondition"

// errResources is the error of a call whose resources could not be reserved.
var errResources = errors.New("participant: no resources for the session")

// Preconditions says whether calls wait for resources (RFC 3312).
type Preconditions uint8

// The ways.
const (
	// WithoutPreconditions: nothing is said of them. [PRE-13]
	WithoutPreconditions Preconditions = iota
	// SupportPreconditions is how UEs of IMS do: the focus is to wait if it can.
	SupportPreconditions
	// RequirePreconditions is what RFC 3312 §11 wants: the focus waits or refuses.
	RequirePreconditions
)

// extensions are the option tags that the UE understands.
func (cfg *Config) extensions() []string {
	if cfg.Preconditions == WithoutPreconditions {
		return []string{"replaces"}
	}
	return []string{"replaces", preconditionTag}
}

// resources is what our descriptions say of our side's: before they are reserved the
// session has to wait for them. [PAR-CRE-02]
func (c *Conference) resources() sdp.Resources {
	return sdp.Resources{
		Used: c.ue.cfg.Preconditions != WithoutPreconditions, Ready: !c.unready, Local: sdp.Mandatory,
	}
}

// early is one branch of a call that has answered before its 2xx. Each has its own
// exchange of descriptions; the one that is confirmed becomes the conference's.
// [FOC-OUT-18]
type early struct {
	c       *Conference
	branch  *invite.Branch
	talk    sdp.Negotiation
	adopted bool
}

var _ invite.EarlyHandler = caller{}

// EarlyAnswer implements [invite.EarlyHandler]: the focus waits for our resources. They
// are reserved, and an UPDATE says so. [PAR-CRE-02]
func (h caller) EarlyAnswer(b *invite.Branch, resp *sipmsg.Response) invite.Answer {
	c := h.c
	e := &early{c: c, branch: b, talk: c.talk}
	waits, err := e.accept(resp.Body)
	if err != nil {
		c.settle(err)
		return invite.Answer{}
	}
	c.early = append(c.early, e)
	if !waits || c.ue.cfg.Preconditions == WithoutPreconditions {
		return invite.Answer{}
	}
	if reserve := c.ue.cfg.Reserve; reserve != nil {
		reserve(func(ok bool) { b.Do(func() { e.reserved(ok) }) })
	} else {
		e.reserved(true)
	}
	return invite.Answer{}
}

// reserved goes on when the resources are there, or are not to be had.
func (e *early) reserved(ok bool) {
	c := e.c
	switch {
	case c.over || c.abandoned:
		return
	case !ok:
		c.settle(errResources)
		return
	}
	c.unready = false
	offer := e.negotiation().Offer(c.local(c.currentLine()))
	e.branch.Update(invite.Answer{Body: offer.Append(nil)}, func(resp *sipmsg.Response, err error) {
		if err == nil {
			_, err = e.accept(resp.Body)
		}
		if err != nil && !c.over {
			c.settle(fmt.Errorf("participant: UPDATE: %w", err))
		}
	})
}

// accept takes an answer and reports whether the focus waits for resources.
func (e *early) accept(answer []byte) (waits bool, err error) {
	description, err := sdp.Parse(answer)
	if err == nil {
		_, _, err = e.negotiation().Accept(description)
	}
	if err != nil {
		return false, fmt.Errorf("participant: answer: %w", err)
	}
	return !description.Met() || description.Confirms(), nil
}

// negotiation is the exchange of descriptions of the branch.
func (e *early) negotiation() *sdp.Negotiation {
	if e.adopted {
		return &e.c.talk
	}
	return &e.talk
}

// EarlyOffer implements [invite.EarlyHandler].
func (h caller) EarlyOffer(b *invite.Branch, r *invite.Reoffer) {
	c := h.c
	e := c.earlyOf(b.ID().Remote)
	if e == nil {
		r.Reject(refusal(errNoStream))
		return
	}
	description, err := sdp.Parse(r.Request().Body)
	var proposal *sdp.Proposal
	if err == nil {
		proposal, err = e.talk.Receive(description)
	}
	if err != nil {
		r.Reject(refusal(err))
		return
	}
	answer, _ := e.talk.Answer(proposal, c.local(c.currentLine()))
	r.Accept(invite.Answer{Body: answer.Append(nil)}, nil)
}

func (c *Conference) earlyOf(remote string) *early {
	for _, e := range c.early {
		if e.branch.ID().Remote == remote {
			return e
		}
	}
	return nil
}

// adopt makes the exchange of the branch that was confirmed the conference's. It reports
// false if there was none before the 2xx.
func (c *Conference) adopt(remote string) (sdp.Stream, bool) {
	e := c.earlyOf(remote)
	c.early = nil
	if e == nil {
		return sdp.Stream{}, false
	}
	c.talk, e.adopted = e.talk, true
	return c.talk.Stream()
}
