package mixer

import "github.com/confab-chat/confab/internal/conference"

// doubt notes what an ended session has left unconfirmed, for the next one.
// RFC 4975 §5.4. [MSRP-CON-15] [SW-RPT-06]
func (l *Leg) doubt(h *handler) {
	if h == nil {
		return
	}
	refs := h.session.Unconfirmed()
	l.mu.Lock()
	for _, ref := range refs {
		at := conference.Position(ref)
		if ref < firstLetter && (l.doubted == 0 || at < l.doubted) {
			l.doubted = at
		}
	}
	l.mu.Unlock()
	l.returned(refs)
}

// takeDoubt returns the first place that is in doubt, 0 if there is none, and
// forgets it.
func (l *Leg) takeDoubt() conference.Position {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := l.doubted
	l.doubted = 0
	return at
}

func (l *Leg) seeDoubt() conference.Position {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.doubted
}

// acknowledge has the conference know how far an endpoint has come, whose leg is
// lost or gone. Nobody can come back as one who is unverified. [SW-RPT-06]
func (x *mix) acknowledge(id conference.EndpointID) {
	if l := x.leg(id); l != nil {
		x.note(l)
	}
}

func (x *mix) note(l *Leg) {
	if x.policy.Load().History.Keep == 0 || l.reads.upTo == 0 {
		return
	}
	mark := conference.Mark{Endpoint: l.req.Endpoint, Position: l.position()}
	x.inst.Do(conference.Acknowledge{Marks: []conference.Mark{mark}}, nil)
}
