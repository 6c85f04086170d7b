package conference

import "time"

// Approve lets a verified user join where joining is moderated, or does not, which
// takes an approval back and turns down who waits for one; who is in the
// conference stays. An approval holds for the life of the conference. D-18.
//
// Refusals: CodeNotAlive, CodeNotAllowed.
type Approve struct {
	At       time.Time
	Identity Identity
	By       User // empty: the administration
	Approved bool
}

// ApprovalSet says that a verified user may join, or may no longer.
type ApprovalSet struct {
	At       time.Time
	Identity Identity
	By       User
	Approved bool
}

// Kind implements Event.
func (ApprovalSet) Kind() Kind { return KindApprovalSet }

// Approved reports whether the user was approved of.
func (s *State) Approved(id Identity) bool {
	_, ok := s.approved[id]
	return ok
}

func (c Approve) decide(s *State, out []Event) ([]Event, error) {
	if err := s.May(ActApprove, c.By); err != nil {
		return nil, err
	}
	if c.Identity == "" {
		return nil, refuse(CodeNotAllowed)
	}
	if c.Approved && s.Approved(c.Identity) {
		return out, nil
	}
	return append(out, ApprovalSet(c)), nil
}

func (e ApprovalSet) apply(s *State) {
	switch {
	case !s.alive:
	case !e.Approved:
		delete(s.approved, e.Identity)
	case s.approved == nil:
		s.approved = map[Identity]struct{}{e.Identity: {}}
	default:
		s.approved[e.Identity] = struct{}{}
	}
}
