package conference

import (
	"slices"
	"time"
)

// Change gives the conference another subject, policy or list of members; nil
// leaves a thing as it is. Who is in the conference stays, whatever the new
// policy says of newcomers. Whether the conference is durable stays as it was
// at its creation.
//
// Refusals: CodeNotAlive, CodeNotAllowed.
type Change struct {
	At      time.Time
	By      User // empty: the administration
	Subject *string
	Policy  *Policy
	Members *[]string // addresses of record, or domains
}

// Changed says what about the conference is new; nil is as before.
type Changed struct {
	At      time.Time
	By      User
	Subject *string
	Policy  *Policy
	Members *[]string
}

// Kind implements Event.
func (Changed) Kind() Kind { return KindChanged }

func (c Change) decide(s *State, out []Event) ([]Event, error) {
	if err := s.May(ActChange, c.By); err != nil {
		return nil, err
	}
	e := Changed{At: c.At, By: c.By}
	if c.Subject != nil && *c.Subject != s.created.Subject {
		e.Subject = c.Subject
	}
	if c.Policy != nil {
		policy := *c.Policy
		policy.History.Durable = s.created.Policy.History.Durable
		if policy != s.created.Policy {
			e.Policy = &policy
		}
	}
	if c.Members != nil && !slices.Equal(*c.Members, s.created.Members) {
		members := slices.Clone(*c.Members)
		e.Members = &members
	}
	if e.Subject == nil && e.Policy == nil && e.Members == nil {
		return out, nil
	}
	return append(out, e), nil
}

func (e Changed) apply(s *State) {
	if !s.alive {
		return
	}
	if e.Subject != nil {
		s.created.Subject = *e.Subject
	}
	if e.Policy != nil {
		s.created.Policy = *e.Policy
	}
	if e.Members != nil {
		s.created.Members = *e.Members
		s.members = NewCircle(*e.Members...)
	}
}
