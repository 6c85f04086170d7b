package conference

import (
	"iter"
	"slices"
	"strconv"
)

// Participant is a user in the conference, connected or on the way into it.
type Participant struct {
	User           User
	Identity       Identity
	Display        string // display name; "Anonymous N" for an anonymous user
	AssociatedAORs []string
	Focus          string // its conference URI, if the user is another focus
	Role           Role
	Nickname       string // as it is shown; empty: none. RFC 7701 §7
	Anonymous      uint64 // N of anonymousN; 0: shown by its identity

	endpoints  []*Endpoint // in the order in which they came
	connected  int
	prev, next *Participant

	nicknameKey         string // of Nickname
	userKey, displayKey string // what others may not call themselves
}

// Endpoints yields the user's endpoints in the order in which they came.
func (p *Participant) Endpoints() iter.Seq[*Endpoint] {
	return slices.Values(p.endpoints)
}

// Connected reports whether the user has a connected endpoint.
func (p *Participant) Connected() bool { return p.connected > 0 }

// lost reports whether one of the user's legs was lost and is waited for.
func (p *Participant) lost() bool {
	return slices.ContainsFunc(p.endpoints, func(e *Endpoint) bool { return !e.LostAt.IsZero() })
}

// roster holds the participants by name and in the order in which they came.
// All its operations take constant time in the number of users.
type roster struct {
	users       map[User]*Participant
	endpoints   map[EndpointID]*Endpoint
	anonymous   map[Identity]uint64   // N of anonymousN that a user goes by
	numbered    uint64                // last N of anonymousN given out
	connected   int                   // users with a connected endpoint
	twice       map[Identity]struct{} // who come under one name while they are called by another
	first, last *Participant
}

func (r *roster) init() {
	r.users = make(map[User]*Participant)
	r.endpoints = make(map[EndpointID]*Endpoint)
	r.anonymous = make(map[Identity]uint64)
}

// add puts the participant at the end.
func (r *roster) add(p *Participant) {
	if r.users == nil {
		r.init()
	}
	r.users[p.User] = p
	p.prev = r.last
	if r.last == nil {
		r.first = p
	} else {
		r.last.next = p
	}
	r.last = p
}

// remove takes the participant out. Its links stay as they are, so a loop that
// stands on it goes on.
func (r *roster) remove(p *Participant) {
	delete(r.users, p.User)
	if p.prev == nil {
		r.first = p.next
	} else {
		p.prev.next = p.next
	}
	if p.next == nil {
		r.last = p.prev
	} else {
		p.next.prev = p.prev
	}
}

// connect counts the endpoint as connected.
func (r *roster) connect(e *Endpoint) {
	e.reached = StatusConnected
	e.Participant.connected++
	if e.Participant.connected == 1 {
		r.connected++
	}
	r.settle(e.Participant.Identity)
}

// drop takes the endpoint out, and with the last one its participant.
func (r *roster) drop(e *Endpoint) {
	p := e.Participant
	delete(r.endpoints, e.ID)
	if i := slices.Index(p.endpoints, e); i >= 0 {
		p.endpoints = slices.Delete(p.endpoints, i, i+1)
	}
	if e.Connected() {
		p.connected--
		if p.connected == 0 {
			r.connected--
		}
	}
	if len(p.endpoints) == 0 {
		r.remove(p)
	}
	r.settle(p.Identity)
}

// endpointsOf counts the endpoints of a verified user, shown by its identity or
// anonymously.
func (r *roster) endpointsOf(id Identity) int {
	n := 0
	for _, p := range r.personas(id) {
		if p != nil {
			n += len(p.endpoints)
		}
	}
	return n
}

// devices yields the endpoints of a verified user that are the same device; none where
// that is not known.
func (r *roster) devices(id Identity, instance string) iter.Seq[*Endpoint] {
	return func(yield func(*Endpoint) bool) {
		if instance == "" {
			return
		}
		for _, p := range r.personas(id) {
			if p == nil {
				continue
			}
			for _, e := range p.endpoints {
				if e.Instance == instance && !yield(e) {
					return
				}
			}
		}
	}
}

// connectedAs reports whether the verified user has a connected endpoint.
func (r *roster) connectedAs(id Identity) bool {
	for _, p := range r.personas(id) {
		if p != nil && p.Connected() {
			return true
		}
	}
	return false
}

// settle notes whether a user who is being called is on his way in by himself under
// another name: he holds two places and needs one. [FOC-JOI-11]
func (r *roster) settle(id Identity) {
	both := r.personas(id)
	if both[0] == nil || both[1] == nil || both[0].Connected() || both[1].Connected() ||
		!both[0].called() && !both[1].called() {
		delete(r.twice, id)
		return
	}
	if r.twice == nil {
		r.twice = make(map[Identity]struct{})
	}
	r.twice[id] = struct{}{}
}

// called reports whether the focus is calling the user by one of his endpoints.
func (p *Participant) called() bool {
	return slices.ContainsFunc(p.endpoints, func(e *Endpoint) bool { return e.Method == DialedOut && !e.Connected() })
}

// unname gives up the anonymous URI that the user went by, if u is one and he
// is gone.
func (r *roster) unname(u User, id Identity) {
	if n, ok := r.anonymous[id]; ok && u == anonymousUser(n) && r.users[u] == nil {
		delete(r.anonymous, id)
	}
}

// anonymousUser returns the URI under which the nth anonymous user is seen.
func anonymousUser(n uint64) User {
	return User("sip:anonymous" + strconv.FormatUint(n, 10) + "@" + AnonymousHost)
}

// personas returns the up to two participants that a verified user may be at
// the same time: one shown by its identity and one shown anonymously.
func (r *roster) personas(id Identity) [2]*Participant {
	if id == "" {
		return [2]*Participant{}
	}
	open := r.users[User(id)]
	if n, ok := r.anonymous[id]; ok {
		return [2]*Participant{open, r.users[anonymousUser(n)]}
	}
	return [2]*Participant{open}
}
