package conference

import "time"

// Remove takes a user out with all his endpoints, and bars him from coming
// back until he is invited again, if Bar says so. D-11, D-20.
//
// Refusals: CodeNotAlive, CodeNotAllowed, CodeNoSuchUser. The right is checked first.
// [FOC-RMV-06]
type Remove struct {
	At     time.Time
	User   User
	By     User // the issuer; empty: the administration, which may do anything
	Reason string
	Bar    bool
}

// Barred says that a user may not come back.
type Barred struct {
	At       time.Time
	User     User
	Identity Identity
	By       User
}

// Kind implements Event.
func (Barred) Kind() Kind { return KindBarred }

func (c Remove) decide(s *State, out []Event) ([]Event, error) {
	if !s.alive {
		return nil, refuse(CodeNotAlive)
	}
	p := s.Participant(c.User)
	lost, waited := s.absent.find(c.User, c.At)
	id := lost.identity
	if p != nil {
		id = p.Identity
	}
	if err := c.allowed(s, id); err != nil {
		return nil, err
	}
	if p == nil && (!waited || !c.Bar) {
		return nil, refuse(CodeNoSuchUser)
	}
	if p != nil {
		for _, ep := range p.endpoints {
			// Every endpoint of the user goes. [FOC-RMV-03]
			out = append(out, departure(ep, c.At, CauseRemoved, c.Reason, c.By))
		}
	}
	if c.Bar && id != "" {
		out = append(out, Barred{At: c.At, User: c.User, Identity: id, By: c.By})
	}
	return out, nil
}

// allowed checks that the issuer may remove the user id, who may be a stranger.
func (c Remove) allowed(s *State, id Identity) error {
	if c.By == "" {
		return nil
	}
	issuer := s.Participant(c.By)
	if issuer == nil || !issuer.Connected() {
		return refuse(CodeNotAllowed)
	}
	if issuer.User == c.User {
		return nil // [FOC-RMV-08]
	}
	if !s.created.Policy.Remove.allows(issuer.Role) || s.Role(id) == RoleOwner {
		return refuse(CodeNotAllowed)
	}
	return nil
}

func (e Barred) apply(s *State) {
	if !s.alive {
		return
	}
	if s.barred == nil {
		s.barred = make(map[Identity]struct{})
	}
	s.barred[e.Identity] = struct{}{}
	s.absent.remove(e.User)
	s.roster.unname(e.User, e.Identity)
}
