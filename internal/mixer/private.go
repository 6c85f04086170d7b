package mixer

import (
	"bytes"
	"errors"
	"slices"
	"time"

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
	if !x.whispered.first(from.user(), in.ID(), x.mixer.cfg.Now()) {
		in.Accept() // he has it already [SW-PUB-13]
		return
	}
	shared, err := msrp.Prepare(msrp.Message{ContentType: sdp.TypeCPIM, Kind: v.content.mediaType, Body: in.Body(), FailureReport: x.mixer.failureReport()})
	if err == nil {
		err = x.hand(legs, &letter{shared: shared, content: v.content, from: from, in: in})
	}
	if err != nil {
		x.whispered.forget(from.user(), in.ID())
		in.Refuse(err)
		return
	}
	if x.mixer.cfg.PrivateCopies {
		x.copyToSender(from, shared, v)
	}
	in.Accept()
}

// copyToSender lets the sender's other devices see what he wrote. [SW-PRV-08]
func (x *mix) copyToSender(from *Leg, shared *msrp.Shared, v verdict) {
	if addressKey(v.to) == addressKey(string(from.user())) {
		return // they have it
	}
	for _, l := range x.openLegsOf(from, string(from.user())) {
		if t := l.terms.Load(); l.takesPrivate() && t != nil && t.receives && t.wants(v.content) {
			_ = l.send(shared, 0) // one that is not there misses a copy of what he has on the other
		}
	}
}

// reportsPerSecond is how many disposition notifications a user gets at most,
// and twice as many at once. [IMDN-06]
const reportsPerSecond = 50

// report hands a disposition notification to its addressee. It is dropped where there
// are too many, and, if it tells no more than that a message has arrived, where the
// addressee does not keep up.
// [IMDN-03] [IMDN-05] [IMDN-06]
func (x *mix) report(from *Leg, in *msrp.Incoming, v verdict) {
	legs, err := x.recipients(from, v)
	if err != nil {
		in.Refuse(err)
		return
	}
	now := x.mixer.cfg.Now()
	if !x.notified.first(from.user(), in.ID(), now) {
		in.Accept() // it was passed on already [SW-PUB-13]
		return
	}
	shared, err := msrp.Prepare(msrp.Message{ContentType: sdp.TypeCPIM, Kind: v.content.mediaType, Body: in.Body(), FailureReport: msrpwire.FailureNo})
	if err != nil {
		in.Refuse(&msrp.Error{Status: msrpwire.StatusBadRequest})
		return
	}
	arrival := bytes.Contains(in.Body()[v.at:], []byte("delivery-notification"))
	for _, l := range legs {
		h := l.current.Load()
		if h == nil || arrival && h.session.Congested() || !l.mayBeTold(now) {
			continue
		}
		_ = l.send(shared, 0)
	}
	in.Accept()
}

func (l *Leg) mayBeTold(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.told.allows(now, 1, reportsPerSecond, 2*reportsPerSecond)
}

// hand gives a message to all legs; one that takes it is enough. If none does but
// one that was lost is waited for, the message waits, too, if it may.
// [SW-PRV-07] [SW-PRV-10]
func (x *mix) hand(legs []*Leg, m *letter) error {
	taken, large, refused, lost := 0, 0, 0, false
	for _, l := range legs {
		switch err := l.postLetter(m); {
		case err == nil:
			taken++
		case errors.Is(err, msrp.ErrClosed):
			lost = lost || l.isLost()
		case errors.Is(err, msrp.ErrTooLarge):
			large++
		case errors.Is(err, msrp.ErrRefusedType):
			refused++
		}
	}
	switch {
	case taken > 0:
		return nil
	case lost && x.await(legs[0].user(), m):
		return nil
	case large == len(legs):
		return &msrp.Error{Status: msrpwire.StatusStopSending, Comment: "Too large for the recipient"}
	case refused == len(legs):
		return &msrp.Error{Status: msrpwire.StatusUnsupportedMedia}
	}
	return notAvailable()
}
