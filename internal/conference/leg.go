package conference

import (
	"slices"
	"time"
)

// LoseLeg says that the endpoint's MSRP session was lost while its dialog
// stands. The leg is waited for during Policy.Grace, then Expire takes the
// endpoint out. Losing a leg twice changes nothing. [MIX-06]
//
// Refusals: CodeNotAlive, CodeNoSuchEndpoint, CodeNotConnected.
type LoseLeg struct {
	At       time.Time
	Endpoint EndpointID
}

// RestoreLeg says that the endpoint has a working MSRP session again.
//
// Refusals: as LoseLeg.
type RestoreLeg struct {
	At       time.Time
	Endpoint EndpointID
}

// LegLost says that an endpoint is without MSRP session, and waited for.
type LegLost struct {
	At       time.Time
	User     User
	Endpoint EndpointID
}

// LegBack says that a lost endpoint has an MSRP session again.
type LegBack struct {
	At       time.Time
	User     User
	Endpoint EndpointID
}

// Kind implements Event.
func (LegLost) Kind() Kind { return KindLegLost }

// Kind implements Event.
func (LegBack) Kind() Kind { return KindLegBack }

// connectedEndpoint returns the endpoint for commands that want it connected.
func (s *State) connectedEndpoint(id EndpointID) (*Endpoint, error) {
	if !s.alive {
		return nil, refuse(CodeNotAlive)
	}
	ep := s.Endpoint(id)
	if ep == nil {
		return nil, refuse(CodeNoSuchEndpoint)
	}
	if !ep.Connected() {
		return nil, refuse(CodeNotConnected)
	}
	return ep, nil
}

func (c LoseLeg) decide(s *State, out []Event) ([]Event, error) {
	ep, err := s.connectedEndpoint(c.Endpoint)
	if err != nil {
		return nil, err
	}
	if !ep.LostAt.IsZero() {
		return out, nil
	}
	return append(out, LegLost{At: c.At, User: ep.Participant.User, Endpoint: ep.ID}), nil
}

func (c RestoreLeg) decide(s *State, out []Event) ([]Event, error) {
	ep, err := s.connectedEndpoint(c.Endpoint)
	if err != nil {
		return nil, err
	}
	if ep.LostAt.IsZero() {
		return out, nil
	}
	return append(out, LegBack{At: c.At, User: ep.Participant.User, Endpoint: ep.ID}), nil
}

func (e LegLost) apply(s *State) {
	ep := s.Endpoint(e.Endpoint)
	if !s.alive || ep == nil || !ep.Connected() || !ep.LostAt.IsZero() {
		return
	}
	ep.LostAt = e.At
	s.lostLegs = append(s.lostLegs, ep)
}

func (e LegBack) apply(s *State) {
	if ep := s.Endpoint(e.Endpoint); s.alive && ep != nil {
		s.found(ep)
	}
}

// found ends the waiting for the endpoint's leg, if there is any.
func (s *State) found(ep *Endpoint) {
	if ep.LostAt.IsZero() {
		return
	}
	ep.LostAt = time.Time{}
	if i := slices.Index(s.lostLegs, ep); i >= 0 {
		s.lostLegs = slices.Delete(s.lostLegs, i, i+1)
	}
}
