package conference

import "time"

// How long, and how many of, a user's message ids are remembered. [SW-PUB-13]
const (
	recentFor   = 10 * time.Minute
	recentCount = 1024
	// recentGone bounds the users remembered after they left.
	recentGone = 1024
)

// recentIDs remembers the Message-IDs by which the users' last messages came,
// to know a repetition. Who comes back finds his own still remembered, since
// repetitions are what a client sends after a failure (RFC 4975 §5.4).
type recentIDs struct {
	users map[User]*idRing
	gone  []goneUser // by time of leaving
}

type goneUser struct {
	user User
	at   time.Time
}

// idRing holds one user's ids, oldest first.
type idRing struct {
	at   map[string]time.Time
	ids  []string // ring
	head int
}

func (r *recentIDs) has(u User, id string, now time.Time) bool {
	ring := r.users[u]
	if ring == nil || id == "" {
		return false
	}
	at, ok := ring.at[id]
	return ok && now.Sub(at) < recentFor
}

func (r *recentIDs) add(u User, id string, now time.Time) {
	if id == "" {
		return
	}
	ring := r.users[u]
	if ring == nil {
		if r.users == nil {
			r.users = make(map[User]*idRing)
		}
		ring = &idRing{at: make(map[string]time.Time)}
		r.users[u] = ring
	}
	ring.add(id, now)
}

// leave notes that u left, and forgets those who left long ago.
func (r *recentIDs) leave(u User, now time.Time) {
	n := 0
	for _, g := range r.gone {
		if len(r.gone)-n < recentGone && now.Sub(g.at) < recentFor {
			break
		}
		r.forget(g, now)
		n++
	}
	r.gone = append(r.gone[:0], r.gone[n:]...)
	if r.users[u] != nil {
		r.gone = append(r.gone, goneUser{user: u, at: now})
	}
}

// forget drops the ids of a user who left, unless he was heard since.
func (r *recentIDs) forget(g goneUser, now time.Time) {
	if ring := r.users[g.user]; ring != nil && now.Sub(ring.newest()) >= recentFor {
		delete(r.users, g.user)
	}
}

func (g *idRing) add(id string, now time.Time) {
	if _, ok := g.at[id]; ok {
		g.at[id] = now
		return
	}
	g.at[id] = now
	if len(g.ids) < recentCount {
		g.ids = append(g.ids, id)
		return
	}
	delete(g.at, g.ids[g.head])
	g.ids[g.head] = id
	g.head = (g.head + 1) % recentCount
}

// newest returns when the last id was added.
func (g *idRing) newest() time.Time {
	if len(g.ids) == 0 {
		return time.Time{}
	}
	last := len(g.ids) - 1
	if len(g.ids) == recentCount {
		last = (g.head + recentCount - 1) % recentCount
	}
	return g.at[g.ids[last]]
}
