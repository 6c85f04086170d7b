package focus

import (
	"github.com/confab-chat/confab/sdp"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/invite"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// preconditionTag is the extension of RFC 3312.
const preconditionTag = "precondition"

// preconditions is what an INVITE says of them.
type preconditions struct {
	required, supported bool
}

func (p preconditions) used() bool { return p.required || p.supported }

// preconditionsOf reads what an INVITE wants, and refuses it if that cannot be: 421
// where the caller cannot acknowledge the response that would have to be reliable, 580
// where we can never meet what is mandatory. [PRE-09] [PRE-10]
func (f *Focus) preconditionsOf(in *invite.Incoming, offer *sdp.Session) (preconditions, *sip.Error) {
	if !f.cfg.Preconditions {
		return preconditions{}, nil // Require has been refused with 420
	}
	h := &in.Request().Header
	p := preconditions{
		required:  h.HasToken("Require", preconditionTag),
		supported: h.HasToken("Supported", preconditionTag),
	}
	mandatory := p.used() && offer != nil && offer.Desires(sdp.Mandatory)
	if (p.required || mandatory) && !in.TakesReliable() {
		return p, &sip.Error{Status: 421, Header: []sipmsg.Field{{Name: "Require", Value: "100rel"}}}
	}
	if mandatory {
		return p, hopeless(offer)
	}
	return p, nil
}

// hopeless refuses an offer whose mandatory preconditions can never be met.
func hopeless(offer *sdp.Session) *sip.Error {
	if body := offer.Hopeless(); body != nil {
		return unmet(body)
	}
	return nil
}

// unmet is 580 with a description of what has failed (RFC 3312 §8).
func unmet(body *sdp.Session) *sip.Error {
	e := &sip.Error{Status: sdp.StatusPrecondition}
	if body != nil {
		e.Header, e.Body = []sipmsg.Field{{Name: "Content-Type", Value: sdpType}}, body.Append(nil)
	}
	return e
}

// suspends reports whether a session waits for its caller's resources, given our
// description for the INVITE: always where preconditions are required, else where any is
// mandatory and not met. [PRE-04] [PRE-05] [FOC-FAC-04]
func (p preconditions) suspends(description *sdp.Session) bool {
	return p.required || p.supported && !description.Met()
}
