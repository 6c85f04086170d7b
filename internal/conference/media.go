package conference

import "time"

// SetMedia takes the direction of the endpoint's message stream after a new
// offer and answer: hold, resumption, the stream given up. [FOC-MOD-04]
//
// Refusals: CodeNotAlive, CodeNoSuchEndpoint, CodeNotConnected.
type SetMedia struct {
	At       time.Time
	Endpoint EndpointID
	Media    Direction
}

// MediaSet says that an endpoint's message stream has another direction.
type MediaSet struct {
	At       time.Time
	User     User
	Endpoint EndpointID
	Media    Direction
}

// Kind implements Event.
func (MediaSet) Kind() Kind { return KindMediaSet }

func (c SetMedia) decide(s *State, out []Event) ([]Event, error) {
	ep, err := s.connectedEndpoint(c.Endpoint)
	if err != nil {
		return nil, err
	}
	if ep.Media == c.Media {
		return out, nil
	}
	return append(out, MediaSet{At: c.At, User: ep.Participant.User, Endpoint: ep.ID, Media: c.Media}), nil
}

func (e MediaSet) apply(s *State) {
	if ep := s.Endpoint(e.Endpoint); s.alive && ep != nil {
		ep.Media = e.Media
	}
}
