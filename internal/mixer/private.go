package mixer

import (
	"slices"

	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/msrp/msrpwire"
	"github.com/confab-chat/confab/sdp"
)

// recipients finds the legs that a message to one participant goes to (RFC 7701
// §6.2): all of that user's that are open, show private messages and take the
// type. The error says why there are none. A disposition notification is a
// report and no private message, so neither policy nor support is asked for.
// [SW-PRV-01] [IMDN-03]
func (x *mix) recipients(from *Leg, v verdict) ([]*Leg, error) {
	notification := v.mediaType == typeIMDN
	if !notification && !from.req.PrivateMessages {
		return nil, forbidden("No private messages here") // [SW-PRV-04]
	}
	legs := x.openLegsOf(from, v.to)
	if len(legs) == 0 {
		return nil, &msrp.Error{Status: 404, Comment: "Recipient unknown"} // [SW-PRV-02]
	}
	if !notification {
		legs = slices.DeleteFunc(legs, func(l *Leg) bool { return !l.takesPrivate() })
		if len(legs) == 0 {
			return nil, &msrp.Error{Status: 428} // [SW-PRV-03]
		}
	}
	held := func(l *Leg) bool { p := l.peer.Load(); return p == nil || !p.Direction.Sends() }
	if !slices.ContainsFunc(legs, func(l *Leg) bool { return !held(l) }) {
		return nil, &msrp.Error{Status: 404, Comment: "Recipient not available"} // [SW-PRV-07]
	}
	legs = slices.DeleteFunc(legs, func(l *Leg) bool { return !l.takes(v.mediaType) })
	if len(legs) == 0 {
		return nil, &msrp.Error{Status: 415}
	}
	return legs, nil
}

// openLegsOf returns the open legs, other than from, of the user that an
// address names.
func (x *mix) openLegsOf(from *Leg, address string) []*Leg {
	uri := []byte(address)
	x.mu.Lock()
	defer x.mu.Unlock()
	var legs []*Leg
	for _, l := range x.open {
		if l != from && holds(l.mayBe, uri) {
			legs = append(legs, l)
		}
	}
	return legs
}

// whisper hands a message to one participant's legs and to nobody else; it has
// no place in the conference's order and is never kept. [SW-PRV-01]
func (x *mix) whisper(from *Leg, in *msrp.Incoming, v verdict) {
	legs, err := x.recipients(from, v)
	if err != nil {
		in.Refuse(err)
		return
	}
	report := msrpwire.FailureYes
	if v.mediaType == typeIMDN || v.mediaType == typeComposing {
		report = msrpwire.FailureNo // [SW-RPT-03]
	}
	shared, err := msrp.Prepare(msrp.Message{ContentType: sdp.TypeCPIM, Body: in.Body(), FailureReport: report})
	if err != nil {
		in.Refuse(&msrp.Error{Status: 400})
		return
	}
	taken := false
	for _, l := range legs {
		taken = l.send(shared, 0) || taken
	}
	if !taken {
		in.Refuse(&msrp.Error{Status: 413}) // none has room, or it is too large for all
		return
	}
	in.Accept()
}
