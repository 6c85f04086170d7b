package mixer

import (
	"errors"
	"slices"

	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/msrp/msrpwire"
	"github.com/confab-chat/confab/sdp"
)

// recipients finds the legs that a message to one participant goes to (RFC 7701
// §6.2): all of that user's that are open, show private messages and take the
// type. The error says why there are none. A disposition notification is a
// report and no private message, so neither policy nor support nor direction is
// asked for. [SW-PRV-01] [IMDN-03]
func (x *mix) recipients(from *Leg, v verdict) ([]*Leg, error) {
	private := v.content.kind != notification
	if private && !x.policy.Load().PrivateMessages {
		return nil, forbidden("No private messages here") // [SW-PRV-04]
	}
	legs := x.openLegsOf(from, v.to)
	if len(legs) == 0 {
		return nil, &msrp.Error{Status: msrpwire.StatusNotFound, Comment: "Recipient unknown"} // [SW-PRV-02]
	}
	if private {
		legs = slices.DeleteFunc(legs, func(l *Leg) bool { return !l.takesPrivate() })
		if len(legs) == 0 {
			return nil, &msrp.Error{Status: msrpwire.StatusPrivateNotSupported} // [SW-PRV-03]
		}
		legs = slices.DeleteFunc(legs, func(l *Leg) bool { t := l.terms.Load(); return t == nil || !t.receives })
		if len(legs) == 0 {
			return nil, notAvailable()
		}
	}
	legs = slices.DeleteFunc(legs, func(l *Leg) bool { return !l.terms.Load().wants(v.content) })
	if len(legs) == 0 {
		return nil, &msrp.Error{Status: msrpwire.StatusUnsupportedMedia} // [SW-PRV-07]
	}
	return legs, nil
}

func notAvailable() *msrp.Error { // [SW-PRV-07]
	return &msrp.Error{Status: msrpwire.StatusNotFound, Comment: "Recipient not available"}
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
	if v.content.kind == notification || v.content.kind == composing {
		report = msrpwire.FailureNo // [SW-RPT-03]
	}
	shared, err := msrp.Prepare(msrp.Message{ContentType: sdp.TypeCPIM, Body: in.Body(), FailureReport: report})
	if err != nil {
		in.Refuse(&msrp.Error{Status: msrpwire.StatusBadRequest})
		return
	}
	err = x.hand(legs, &letter{shared: shared, content: v.content, from: from, in: in}, report == msrpwire.FailureYes)
	if err != nil {
		in.Refuse(err)
		return
	}
	in.Accept()
}

// hand gives a message to all legs; one that takes it is enough. If none does but
// one that was lost is waited for, the message waits, too, if it may.
// [SW-PRV-07] [SW-PRV-10]
func (x *mix) hand(legs []*Leg, m *letter, patient bool) error {
	taken, large, lost := 0, 0, false
	for _, l := range legs {
		var err error
		if patient {
			err = l.postLetter(m)
		} else {
			err = l.send(m.shared, 0)
		}
		switch {
		case err == nil:
			taken++
		case errors.Is(err, msrp.ErrClosed):
			lost = lost || l.isLost()
		case errors.Is(err, msrp.ErrTooLarge):
			large++
		}
	}
	switch {
	case taken > 0:
		return nil
	case lost && patient && x.await(legs[0].req.User, m):
		return nil
	case large == len(legs):
		return &msrp.Error{Status: msrpwire.StatusStopSending, Comment: "Too large for the recipient"}
	}
	return notAvailable()
}
