package conference

import "time"

// How long, and how many, of a user's message ids are remembered, and how many of
// all users: beyond, those of the user not heard for longest are forgotten, for users
// may come and go under any number of names. [SW-PUB-13] [SEC-02]
const (
	recentFor   = 10 * time.Minute
	recentCount = 1024
	recentTotal = 1 << 17
)

// recentIDs remembers the Message-IDs by which the users' last messages came,
// to know a repetition. It does so beyond a user's leaving: repetitions are what
// a client sends after a failure (RFC 4975 §5.4).
type recentIDs struct {
	users       map[User]*sentIDs
	first, last *sentIDs // by time of the last message
	total       int      // ids of all users
}

// sentIDs holds the ids of one user.
type sentIDs struct {
	user       User
	at         map[string]time.Time
	order      []string // a ring, oldest first from head on
	head       int
	prev, next *sentIDs
}

// has reports whether the user's id is remembered.
func (r *recentIDs) has(u User, id string, now time.Time) bool {
	if sent := r.of(u); sent != nil && id != "" {
		at, ok := sent.at[id]
		return ok && now.Sub(at) < recentFor
	}
	return false
}

// of returns what is remembered of a user, nil if nothing is. Who has sent the last
// message often sends the next.
func (r *recentIDs) of(u User) *sentIDs {
	if r.last != nil && r.last.user == u {
		return r.last
	}
	return r.users[u]
}

// add remembers the user's id, and forgets users not heard for long.
func (r *recentIDs) add(u User, id string, now time.Time) {
	if id == "" {
		return
	}
	sent := r.of(u)
	if sent == nil {
		if r.users == nil {
			r.users = make(map[User]*sentIDs)
		}
		sent = &sentIDs{user: u, at: make(map[string]time.Time)}
		r.users[u] = sent
	}
	if sent.add(id, now) {
		r.total++
	}
	if r.last != sent {
		r.unlink(sent)
		r.link(sent)
	}
	for r.first != sent && (now.Sub(r.first.newest()) >= recentFor || r.total > recentTotal) {
		r.total -= len(r.first.order)
		delete(r.users, r.first.user)
		r.unlink(r.first)
	}
}

// link puts sent at the end.
func (r *recentIDs) link(sent *sentIDs) {
	sent.prev, sent.next = r.last, nil
	if r.last == nil {
		r.first = sent
	} else {
		r.last.next = sent
	}
	r.last = sent
}

// unlink takes sent out, if it is in.
func (r *recentIDs) unlink(sent *sentIDs) {
	if sent.prev != nil {
		sent.prev.next = sent.next
	} else if r.first == sent {
		r.first = sent.next
	}
	if sent.next != nil {
		sent.next.prev = sent.prev
	} else if r.last == sent {
		r.last = sent.prev
	}
}

// add reports whether one more id is remembered now.
func (s *sentIDs) add(id string, now time.Time) bool {
	_, known := s.at[id]
	s.at[id] = now
	switch {
	case known:
	case len(s.order) < recentCount:
		s.order = append(s.order, id)
		return true
	default:
		delete(s.at, s.order[s.head])
		s.order[s.head] = id
		s.head = (s.head + 1) % recentCount
	}
	return false
}

// newest returns when the last id came.
func (s *sentIDs) newest() time.Time {
	return s.at[s.order[(s.head+len(s.order)-1)%len(s.order)]]
}
