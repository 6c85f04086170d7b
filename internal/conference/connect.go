package conference

import "time"

// Connect says that the endpoint's dialog is confirmed: the 2xx was sent, or
// received, and preconditions are met. From here on it has messages. An
// endpoint that it replaces leaves in the same step.
//
// Refusals: CodeNotAlive, CodeNoSuchEndpoint, CodeAlreadyConnected.
type Connect struct {
	At       time.Time
	Endpoint EndpointID
	Media    Direction // as negotiated
}

// Connected says that an endpoint is in the conference.
type Connected struct {
	At       time.Time
	User     User
	Endpoint EndpointID
	Media    Direction
}

// Kind implements Event.
func (Connected) Kind() Kind { return KindConnected }

func (c Connect) decide(s *State, out []Event) ([]Event, error) {
	if !s.alive {
		return nil, refuse(CodeNotAlive)
	}
	ep := s.Endpoint(c.Endpoint)
	if ep == nil {
		return nil, refuse(CodeNoSuchEndpoint)
	}
	if ep.Connected() {
		return nil, refuse(CodeAlreadyConnected)
	}
	out = append(out, Connected{At: c.At, User: ep.Participant.User, Endpoint: ep.ID, Media: c.Media})
	if old := s.Endpoint(ep.Replaces); old != nil {
		out = append(out, departure(old, c.At, CauseReplaced, "", ""))
	}
	return out, nil
}

func (e Connected) apply(s *State) {
	ep := s.Endpoint(e.Endpoint)
	if !s.alive || ep == nil || ep.Connected() {
		return
	}
	ep.JoinedAt, ep.Media = e.At, e.Media
	s.roster.connect(ep)
	s.arrived++
	s.activity = e.At
	id := ep.Participant.Identity
	if _, ok := s.starters[id]; ok {
		s.begun = true
	}
	s.absent.remove(ep.Participant.User)
}
