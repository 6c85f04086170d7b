package conference

import (
	"cmp"
	"slices"
	"time"
)

// Connect says that the endpoint's dialog is confirmed: the 2xx was sent, or
// received, and preconditions are met. From here on it has messages. An
// endpoint that it replaces leaves in the same step.
//
// Whom the focus has called is looked at again: the conference may have been
// locked meanwhile, or made smaller. And if he came by himself meanwhile, or by
// another device, one of them is enough. [FOC-OUT-14] [FOC-JOI-11]
//
// Refusals: CodeNotAlive, CodeNoSuchEndpoint, CodeAlreadyConnected, CodeLocked, CodeFull.
type Connect struct {
	At       time.Time
	Endpoint EndpointID
	Media    Direction // as negotiated
	Contact  string    // of an endpoint that was called
	Instance string    // of one that was called: see Admit
	Private  bool      // a called user asks for privacy in his answer [PRV-01]
}

// Connected says that an endpoint is in the conference.
type Connected struct {
	At       time.Time
	User     User
	Endpoint EndpointID
	Media    Direction
	Contact  string // of an endpoint that was called
	Instance string // of one that was called
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
	if err := c.stillWelcome(s, ep); err != nil {
		return nil, err
	}
	user := ep.Participant.User
	if masked, ok := c.mask(s, ep); ok {
		out, user = append(out, masked), masked.Now
	}
	out = append(out, Connected{
		At: c.At, User: user, Endpoint: ep.ID, Media: c.Media, Contact: c.Contact, Instance: c.Instance,
	})
	for _, old := range c.replaced(s, ep) {
		out = append(out, departure(old, c.At, CauseReplaced, "", ""))
	}
	return out, nil
}

// replaced returns the endpoints whose place ep takes: the one that it was admitted to
// replace, what else there is of the same device, later tries excepted, and the one by
// which the user is being called. [FOC-JOI-08] [FOC-JOI-11] [FOC-JOI-14]
func (c Connect) replaced(s *State, ep *Endpoint) []*Endpoint {
	var old []*Endpoint
	add := func(e *Endpoint) {
		if e != nil && e != ep && !slices.Contains(old, e) {
			old = append(old, e)
		}
	}
	id := ep.Participant.Identity
	add(s.Endpoint(ep.Replaces))
	later := ep.Method == DialedOut
	for e := range s.roster.devices(id, cmp.Or(c.Instance, ep.Instance)) {
		if later = later || e == ep; e.Connected() || !later {
			add(e)
		}
	}
	add(s.Called(id))
	return old
}

// stillWelcome looks again at an endpoint that was called. Its place was taken
// when the call began.
func (c Connect) stillWelcome(s *State, ep *Endpoint) error {
	switch {
	case ep.Method != DialedOut:
		return nil
	case s.locked:
		return refuse(CodeLocked)
	case s.crowdedOut(ep.Participant.Identity, c.At):
		return refuse(CodeFull)
	}
	return nil
}

// crowdedOut reports whether more places are taken than there are. Who comes by himself
// as well, under another name, has given him the one that was kept for the called device.
func (s *State) crowdedOut(id Identity, now time.Time) bool {
	most, taken := s.created.Policy.MaxUsers, s.Places(now)
	if _, twice := s.roster.twice[id]; twice {
		taken++
	}
	return most > 0 && taken > most
}

func (e Connected) apply(s *State) {
	ep := s.Endpoint(e.Endpoint)
	if !s.alive || ep == nil || ep.Connected() {
		return
	}
	ep.JoinedAt, ep.Media = e.At, e.Media
	ep.Instance = cmp.Or(e.Instance, ep.Instance)
	s.comeBack(ep)
	if e.Contact != "" {
		ep.Contact = e.Contact
	}
	s.roster.connect(ep)
	s.arrived++
	s.activity = e.At
	id := ep.Participant.Identity
	if _, ok := s.starters[id]; ok {
		s.begun = true
	}
	s.absent.remove(ep.Participant.User)
}
