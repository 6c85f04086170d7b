package conference

import "time"

// Invite has the focus call a user. He holds a place from here on, so that there
// is room when he answers; nobody counts him as connected before. A user who is
// there already, or is being called, is not called again: no events then. Being
// invited lifts a bar. D-10, D-20, D-34.
//
// Refusals: CodeNotAlive, CodeNotAllowed, CodeLocked, CodeFull, CodeEndpointTaken.
type Invite struct {
	At       time.Time
	By       User     // the inviter; empty: the administration
	Identity Identity // of the invited user
	Display  string
	Endpoint EndpointID
	Hidden   bool // others are not to know of him before he has joined, D-26
	Referred *Referral
	// Until is how long he may come by himself, whatever becomes of the call; zero:
	// as long as he is being called. [FOC-RUS-04]
	Until time.Time
}

func (c Invite) decide(s *State, out []Event) ([]Event, error) {
	if err := s.MayInvite(c.By); err != nil {
		return nil, err
	}
	if s.roster.connectedAs(c.Identity) || s.Called(c.Identity) != nil {
		return out, nil // [FOC-REF-17] [FOC-OUT-15]
	}
	if s.Endpoint(c.Endpoint) != nil {
		return nil, refuse(CodeEndpointTaken)
	}
	if s.cascaded(c.Identity) {
		return nil, refuse(CodeNotAllowed)
	}
	e := Admitted{
		At: c.At, User: User(c.Identity), Identity: c.Identity, Display: c.Display, Endpoint: c.Endpoint,
		Status: StatusPending, Method: DialedOut, By: c.By, Hidden: c.Hidden, Referred: s.disclosed(c.Referred, c.By),
		Until: c.Until,
	}
	if n, ok := s.roster.anonymous[c.Identity]; ok {
		// He is known here under another name, which is not to be given away.
		e.User, e.Anonymous, e.Display = anonymousUser(n), n, ""
	}
	if s.locked {
		return nil, refuse(CodeLocked)
	}
	if s.Participant(e.User) == nil && !s.absent.has(e.User, c.At) && s.crowded(c.At, 1) {
		return nil, refuse(CodeFull)
	}
	return append(out, e), nil
}

// disclosed is a referral, by a participant if that is known, as everybody may see it: who
// is anonymous here stays so, even if he has told the one that he referred who he is.
// [PRV-02]
func (s *State) disclosed(r *Referral, by User) *Referral {
	if r == nil {
		return nil
	}
	n, known := s.roster.anonymous[Identity(r.By)]
	switch p := s.Participant(by); {
	case p != nil && p.Anonymous != 0: // by whatever name he calls himself
		n = p.Anonymous
	case !known || s.Participant(r.By) != nil: // nobody, or seen under his own name as well
		return r
	}
	masked := *r
	masked.By = anonymousUser(n)
	return &masked
}

// MayInvite reports whether by may invite others, as the refusal that Invite
// would get, or nil. [FOC-REF-01]
func (s *State) MayInvite(by User) error { return s.May(ActInvite, by) }

// cascaded reports whether id is a conference that takes part in this one by its
// focus: it is not called back. [FOC-DSP-08]
func (s *State) cascaded(id Identity) bool {
	for p := range s.Participants() {
		if p.Focus != "" && p.Focus == string(id) {
			return true
		}
	}
	return false
}

// WouldInvite is MayInvite for a user who is about to connect.
func (s *State) WouldInvite(u User) error {
	p := s.Participant(u)
	if right, _ := s.right(ActInvite); p == nil || !right.allows(p.Role) {
		return refuse(CodeNotAllowed)
	}
	return nil
}

// Room returns how many more users may come at the time now, and false if there
// is no limit. [FOC-LST-09]
func (s *State) Room(now time.Time) (places int, limited bool) {
	most := s.created.Policy.MaxUsers
	return max(0, most-s.Places(now)), most > 0
}

// crowded reports whether n more users are too many.
func (s *State) crowded(now time.Time, n int) bool {
	places, limited := s.Room(now)
	return limited && n > places
}

// Called returns the endpoint by which the focus is calling the user, nil if it
// is not.
func (s *State) Called(id Identity) *Endpoint {
	for _, p := range s.roster.personas(id) {
		if p == nil {
			continue
		}
		for _, e := range p.endpoints {
			if e.Method == DialedOut && !e.Connected() {
				return e
			}
		}
	}
	return nil
}

// As returns the participant that the verified user is, nil if he is none: the
// connected one where he is seen under two names.
func (s *State) As(id Identity) *Participant {
	var found *Participant
	for _, p := range s.roster.personas(id) {
		if p != nil && (found == nil || p.Connected() && !found.Connected()) {
			found = p
		}
	}
	return found
}
