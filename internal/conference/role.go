package conference

import "time"

// Appoint gives a verified user a role, whether he is in the conference or not.
// RoleOwner hands the conference over: the owner of before is a participant from
// then on, and there is never more than one.
//
// Refusals: CodeNotAlive, CodeNotAllowed.
type Appoint struct {
	At       time.Time
	Identity Identity
	Role     Role
	By       User // empty: the administration
}

// RoleSet says that a verified user has another role.
type RoleSet struct {
	At       time.Time
	Identity Identity
	Role     Role
	By       User
}

// Kind implements Event.
func (RoleSet) Kind() Kind { return KindRoleSet }

func (c Appoint) decide(s *State, out []Event) ([]Event, error) {
	if err := s.May(ActAppoint, c.By); err != nil {
		return nil, err
	}
	if c.Identity == "" || c.Role > RoleOwner {
		return nil, refuse(CodeNotAllowed) // nobody knows who that would be
	}
	if s.Role(c.Identity) == c.Role {
		return out, nil
	}
	return append(out, RoleSet(c)), nil
}

func (e RoleSet) apply(s *State) {
	if !s.alive {
		return
	}
	former := s.created.Owner
	switch {
	case e.Role == RoleOwner:
		s.created.Owner = e.Identity
	case e.Identity == former:
		s.created.Owner = ""
	}
	delete(s.moderators, e.Identity)
	if e.Role == RoleModerator {
		if s.moderators == nil {
			s.moderators = make(map[Identity]struct{})
		}
		s.moderators[e.Identity] = struct{}{}
	}
	if s.created.Owner != former {
		s.ownerDue = time.Time{} // nobody waits for the owner of before
	}
	for _, id := range [...]Identity{e.Identity, former} {
		for _, p := range s.roster.personas(id) {
			if p != nil {
				p.Role = s.Role(id)
			}
		}
	}
}
