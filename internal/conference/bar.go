package conference

import "time"

// Bar keeps a verified user from coming, whether he is in the conference or not,
// until he is invited again or Unbar lifts it. Who is in it is taken out. D-20.
//
// Refusals: CodeNotAlive, CodeNotAllowed.
type Bar struct {
	At       time.Time
	Identity Identity
	By       User // empty: the administration
	Reason   string
}

// Unbar lifts a bar. Who is not barred is left alone. D-20.
//
// Refusals: CodeNotAlive, CodeNotAllowed.
type Unbar struct {
	At       time.Time
	Identity Identity
	By       User // empty: the administration
}

// Barred says that a user may not come back.
type Barred struct {
	At       time.Time
	User     User // as which he was seen
	Identity Identity
	By       User
}

// Unbarred says that a user may come again.
type Unbarred struct {
	At       time.Time
	Identity Identity
	By       User
}

// Kind implements Event.
func (Barred) Kind() Kind { return KindBarred }

// Kind implements Event.
func (Unbarred) Kind() Kind { return KindUnbarred }

func (c Bar) decide(s *State, out []Event) ([]Event, error) {
	if err := s.May(ActRemove, c.By); err != nil {
		return nil, err
	}
	if c.Identity == "" || c.By != "" && s.Role(c.Identity) == RoleOwner {
		return nil, refuse(CodeNotAllowed)
	}
	before := len(out)
	for _, p := range s.roster.personas(c.Identity) {
		if p == nil {
			continue
		}
		for _, ep := range p.endpoints {
			out = append(out, departure(ep, c.At, CauseRemoved, c.Reason, c.By))
		}
	}
	if len(out) == before && s.Barred(c.Identity) {
		return out, nil
	}
	return append(out, Barred{At: c.At, User: User(c.Identity), Identity: c.Identity, By: c.By}), nil
}

func (c Unbar) decide(s *State, out []Event) ([]Event, error) {
	if err := s.May(ActUnbar, c.By); err != nil {
		return nil, err
	}
	if !s.Barred(c.Identity) {
		return out, nil
	}
	return append(out, Unbarred(c)), nil
}

func (e Barred) apply(s *State) {
	if !s.alive {
		return
	}
	if s.barred == nil {
		s.barred = make(map[Identity]struct{})
	}
	s.barred[e.Identity] = struct{}{}
	delete(s.expected, e.Identity)
	for _, u := range [...]User{e.User, User(e.Identity)} {
		s.absent.remove(u)
		s.roster.unname(u, e.Identity)
	}
}

func (e Unbarred) apply(s *State) {
	if s.alive {
		delete(s.barred, e.Identity)
	}
}
