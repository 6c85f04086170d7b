package focus

import (
	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/sdp"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/invite"
	"github.com/confab-chat/confab/sip/sipmsg"
)

var _ invite.EarlyHandler = (*invitation)(nil)

// early is what is negotiated with an invited user before he answers: as a rule
// nothing, since our resources are always there. One branch of a forked call can
// do so, as there is one leg. Owned by the shard. [FOC-OUT-18] [PRE-12]
type early struct {
	answers   map[string][]byte // by remote tag: the answer in a reliable response
	branch    string            // whose answer the leg has taken
	direction conference.Direction
}

// EarlyAnswer implements invite.EarlyHandler. Who asks for a confirmation of our
// resources gets it. [PRE-12]
func (i *invitation) EarlyAnswer(b *invite.Branch, resp *sipmsg.Response) invite.Answer {
	if i.early.answers == nil {
		i.early.answers = make(map[string][]byte)
	}
	body, err := offerIn(&resp.Header, resp.Body)
	if err != nil {
		return invite.Answer{}
	}
	i.early.answers[b.ID().Remote] = body
	description, err := sdp.Parse(body)
	if err != nil || !description.Confirms() || !i.adopt(b) {
		return invite.Answer{}
	}
	leg := i.earlyLeg()
	if offer, err := leg.Offer(); err == nil {
		b.Update(invite.Answer{Body: offer.Append(nil)}, func(resp *sipmsg.Response, err error) {
			if err == nil {
				i.early.direction, _ = accept(leg, resp, resp.Body)
			}
		})
	}
	return invite.Answer{}
}

// EarlyOffer implements invite.EarlyHandler: the invited user tells of his
// resources. [FOC-OUT-19]
func (i *invitation) EarlyOffer(b *invite.Branch, r *invite.Reoffer) {
	if !i.adopt(b) {
		r.Reject(&sip.Error{Status: 488})
		return
	}
	body, err := offerIn(&r.Request().Header, r.Request().Body)
	if err != nil {
		r.Reject(sip.AsError(err))
		return
	}
	_, answer, direction, refused := i.call.respond(i.earlyLeg(), body)
	if refused != nil {
		r.Reject(refused)
		return
	}
	i.early.direction = direction
	r.Accept(invite.Answer{Body: answer.Append(nil), Contact: i.call.contact}, nil)
}

// adopt has the leg take the answer of a branch. It reports false if there is
// none, or if the leg has that of another.
func (i *invitation) adopt(b *invite.Branch) bool {
	e := &i.early
	tag := b.ID().Remote
	if e.branch != "" || e.answers[tag] == nil {
		return e.branch == tag
	}
	description, err := sdp.Parse(e.answers[tag])
	if err == nil {
		e.direction, err = i.earlyLeg().Accept(description)
	}
	if err != nil {
		return false
	}
	e.branch = tag
	return true
}

func (i *invitation) earlyLeg() Leg {
	i.call.mu.Lock()
	defer i.call.mu.Unlock()
	return i.call.leg
}

// agree returns the direction that was negotiated with who has answered.
func (i *invitation) agree(s *invite.Session, resp *sipmsg.Response, answer []byte) (conference.Direction, error) {
	switch i.early.branch {
	case "":
		return accept(i.earlyLeg(), resp, answer)
	case s.ID().Remote:
		return i.early.direction, nil
	}
	return conference.NoStream, &sip.Error{Status: 488, Reason: "Another Branch Has the Leg"}
}
