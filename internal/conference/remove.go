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

func (c Remove) decide(s *State, out []Event) ([]Event, error) {
	if !s.alive {
		return nil, refuse(CodeNotAlive)
	}
	p := s.Participant(c.User)
	lost, waited := s.absent.find(c.User, c.At)
	id := lost.Identity
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
	if c.By != "" && c.By == c.User {
		return s.May(ActRemoveSelf, c.By)
	}
	if err := s.May(ActRemove, c.By); err != nil {
		return err
	}
	if c.By != "" && s.Role(id) == RoleOwner {
		return refuse(CodeNotAllowed)
	}
	return nil
}

// RemoveAll takes everybody out, the issuer and those on the way in included,
// and ends the conference. D-12 [FOC-RMV-07]
//
// Refusals: CodeNotAlive, CodeNotAllowed.
type RemoveAll struct {
	At     time.Time
	By     User // empty: the administration
	Reason string
}

func (c RemoveAll) decide(s *State, out []Event) ([]Event, error) {
	if err := s.May(ActRemoveAll, c.By); err != nil {
		return nil, err
	}
	for p := range s.Participants() {
		for _, ep := range p.endpoints {
			out = append(out, departure(ep, c.At, CauseRemoved, c.Reason, c.By))
		}
	}
	return append(out, Ended{At: c.At, By: c.By, Cause: EndRequested, Reason: c.Reason}), nil
}
