package conference

import (
	"strconv"
	"time"
)

// Masked says that a user whom the focus had called by his address wants
// privacy, as his answer says, and goes by an anonymous URI from now on. [PRV-01]
type Masked struct {
	At        time.Time
	User      User // as he was seen while he was called
	Now       User
	Anonymous uint64 // N of anonymousN
}

// Kind implements Event.
func (Masked) Kind() Kind { return KindMasked }

// mask gives a called user the anonymous URI that his answer asks for. Who is
// seen openly by another device already stays so.
func (c Connect) mask(s *State, ep *Endpoint) (Masked, bool) {
	p := ep.Participant
	if !c.Private || ep.Method != DialedOut || p.Anonymous != 0 || p.Connected() {
		return Masked{}, false
	}
	n, ok := s.roster.anonymous[p.Identity]
	if !ok {
		n = s.roster.numbered + 1
	}
	e := Masked{At: c.At, User: p.User, Now: anonymousUser(n), Anonymous: n}
	return e, s.Participant(e.Now) == nil
}

func (e Masked) apply(s *State) {
	p := s.Participant(e.User)
	if !s.alive || p == nil || s.Participant(e.Now) != nil {
		return
	}
	delete(s.roster.users, p.User)
	p.User, p.Anonymous, p.AssociatedAORs = e.Now, e.Anonymous, nil
	s.roster.users[p.User] = p
	s.roster.number(p)
	p.userKey, p.displayKey = userKey(string(p.User)), looseKey(p.Display)
}

// number notes the anonymous URI that a participant goes by, and names him after
// it.
func (r *roster) number(p *Participant) {
	p.Display = "Anonymous " + strconv.FormatUint(p.Anonymous, 10)
	r.numbered = max(r.numbered, p.Anonymous)
	if p.Identity != "" {
		r.anonymous[p.Identity] = p.Anonymous
	}
}
