package conference

import "slices"

// marksKept is how many departed endpoints' marks a conference remembers.
const marksKept = 1024

// Acknowledge notes up to which place endpoints have every message that was
// meant for them, so that a device that was lost, or left, goes on from there
// when it is back. The endpoints may have left meanwhile; those that the
// conference does not know are passed over. [SW-RPT-06]
//
// Refusals: CodeNotAlive.
type Acknowledge struct {
	Marks []Mark
}

// Mark is how far an endpoint has come in the order of the messages.
type Mark struct {
	Endpoint EndpointID
	Position Position
}

// Acknowledged says how far endpoints have come.
type Acknowledged struct {
	Marks []Mark
}

// Kind implements Event.
func (Acknowledged) Kind() Kind { return KindAcknowledged }

func (c Acknowledge) decide(s *State, out []Event) ([]Event, error) {
	if !s.alive {
		return nil, refuse(CodeNotAlive)
	}
	var known []Mark
	for _, m := range c.Marks {
		if at := s.mark(m.Endpoint); at != nil && *at < m.Position {
			known = append(known, m)
		}
	}
	if len(known) == 0 {
		return out, nil
	}
	return append(out, Acknowledged{Marks: known}), nil
}

func (e Acknowledged) apply(s *State) {
	for _, m := range e.Marks {
		if at := s.mark(m.Endpoint); at != nil && s.alive {
			*at = max(*at, m.Position)
		}
	}
}

// mark returns where the mark of an endpoint stands, present or departed; nil
// if it is not known.
func (s *State) mark(id EndpointID) *Position {
	if ep := s.Endpoint(id); ep != nil {
		return &ep.acknowledged
	}
	for i := range slices.Backward(s.marks) {
		if s.marks[i].Endpoint == id {
			return &s.marks[i].At
		}
	}
	return nil
}

// DeviceMark is the mark of a device whose endpoint has left.
type DeviceMark struct {
	Identity Identity
	Instance string
	Endpoint EndpointID
	At       Position
	Were     []EndpointID // the endpoints that it was, the last one first
}

// Return tells of an endpoint whose device has been in the conference before.
type Return struct {
	// Since is the place up to which the device had every message.
	Since Position
	// Were are the endpoints that the device was: what it sent itself it has
	// not missed.
	Were []EndpointID
}

// wereKept is how many former endpoints of a device are remembered.
const wereKept = 8

// leaveMark keeps the mark of an endpoint that departs; a user who was removed and
// comes again comes as a new one. [SW-HIS-04]
func (s *State) leaveMark(ep *Endpoint, cause Cause) {
	id := ep.Participant.Identity
	if cause == CauseRemoved {
		s.marks = slices.DeleteFunc(s.marks, func(m DeviceMark) bool { return m.Identity == id })
		return
	}
	if id == "" || !ep.Connected() || cause == CauseReplaced {
		return
	}
	m := DeviceMark{Identity: id, Instance: ep.Instance, Endpoint: ep.ID, At: ep.acknowledged, Were: ep.history()}
	if len(s.marks) == marksKept {
		s.marks = slices.Delete(s.marks, 0, 1)
	}
	s.marks = append(s.marks, m)
}

// comeBack finds the mark of the device that an endpoint is: by its instance id,
// and where it has none, the newest of the user's devices that are not
// connected. [SW-HIS-04]
func (s *State) comeBack(ep *Endpoint) {
	if old := s.Endpoint(ep.Replaces); old != nil {
		ep.returns(old)
		return
	}
	best := -1
	for i := range s.marks {
		m := &s.marks[i]
		if m.Identity != ep.Participant.Identity || ep.Instance != "" && m.Instance != ep.Instance {
			continue
		}
		if best < 0 || m.At >= s.marks[best].At {
			best = i
		}
	}
	if best >= 0 {
		m := s.marks[best]
		s.marks = slices.Delete(s.marks, best, best+1)
		ep.Return = Return{Since: m.At, Were: m.Were}
		ep.acknowledged = m.At
	}
	if old := s.lostDevice(ep); old != nil && old.acknowledged >= ep.Return.Since {
		ep.returns(old)
	}
}

// lostDevice returns the endpoint with the newest mark among those that the
// device may have been, and whose leg is lost.
func (s *State) lostDevice(ep *Endpoint) (newest *Endpoint) {
	for _, old := range s.lostLegs {
		if old == ep || old.Participant.Identity != ep.Participant.Identity || ep.Participant.Identity == "" ||
			ep.Instance != "" && old.Instance != ep.Instance {
			continue
		}
		if newest == nil || old.acknowledged > newest.acknowledged {
			newest = old
		}
	}
	return newest
}

// returns makes the endpoint the one that old was.
func (e *Endpoint) returns(old *Endpoint) {
	e.Return = Return{Since: old.acknowledged, Were: old.history()}
	e.acknowledged = old.acknowledged
}

// history lists the endpoints that the device has been, this one first.
func (e *Endpoint) history() []EndpointID {
	were := append([]EndpointID{e.ID}, e.Return.Were...)
	return were[:min(len(were), wereKept)]
}
