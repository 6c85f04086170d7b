package conference

import "slices"

// Named returns the users that a name stands for, those included who are waited
// for: the URI under which somebody is seen, or an identity or other address of
// his. One person may be here openly and anonymously. [FOC-RMV-03] [PRV-05]
func (s *State) Named(name string) []User {
	var users []User
	for _, p := range s.roster.personas(Identity(name)) {
		if p != nil {
			users = append(users, p.User)
		}
	}
	if p := s.roster.users[User(name)]; p != nil && !slices.Contains(users, p.User) {
		users = append(users, p.User)
	}
	if len(users) > 0 {
		return users
	}
	for p := range s.Participants() {
		if slices.Contains(p.AssociatedAORs, name) {
			users = append(users, p.User)
		}
	}
	for _, x := range s.absent.queue {
		if x.User == User(name) || x.Identity == Identity(name) {
			users = append(users, x.User)
		}
	}
	return users
}
