package conference

import "time"

// Advance says how far the focus has come in calling an endpoint:
// StatusDialingOut when its INVITE is out, StatusAlerting when it rings. A step
// back, or one of an endpoint that is connected or gone, changes nothing.
// [FOC-OUT-07]
type Advance struct {
	At       time.Time
	Endpoint EndpointID
	Status   Status
}

// Advanced says that the call of an endpoint has come further.
type Advanced struct {
	At       time.Time
	User     User
	Endpoint EndpointID
	Status   Status // StatusDialingOut or StatusAlerting
}

// Kind implements Event.
func (Advanced) Kind() Kind { return KindAdvanced }

func (c Advance) decide(s *State, out []Event) ([]Event, error) {
	ep := s.Endpoint(c.Endpoint)
	if !s.alive || ep == nil || ep.Method != DialedOut || c.Status <= ep.reached || c.Status > StatusAlerting {
		return out, nil
	}
	return append(out, Advanced{At: c.At, User: ep.Participant.User, Endpoint: ep.ID, Status: c.Status}), nil
}

func (e Advanced) apply(s *State) {
	if ep := s.Endpoint(e.Endpoint); s.alive && ep != nil && !ep.Connected() {
		ep.reached = e.Status
		s.activity = e.At
	}
}
