package server

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// said names a message: the n-th of a user of the room.
type said struct{ user, n int }

// soakRoom is a conference and what the test knows of it: who has said what, and
// therefore who has to hear it.
type soakRoom struct {
	t     testing.TB
	uri   string
	line  *soakLine
	users []*soakUser

	mu       sync.Mutex
	begun    map[said]time.Time // to everybody
	resent   map[said]bool
	places   map[uint64]said // by place in the order
	placeOf  map[said]uint64
	ids      map[said]string // of the copies, the same in all
	whispers map[said]*whisper
	names    map[string]int // nicknames, by user
	granted  int
	repeated int
}

// whisper is a private message.
type whisper struct {
	to                        int
	begun                     time.Time
	accepted, heard, reported bool
}

func newSoakRoom(tb testing.TB, uri string) *soakRoom {
	tb.Helper()
	return &soakRoom{
		t: tb, uri: uri, begun: make(map[said]time.Time), resent: make(map[said]bool), places: make(map[uint64]said),
		placeOf: make(map[said]uint64), ids: make(map[said]string), whispers: make(map[said]*whisper), names: make(map[string]int),
	}
}

// soakText is what a message says: who says it to whom, its number and size.
func soakText(room string, m said, to, size int) string {
	head := fmt.Sprintf("%s %d %d %d %d ", room, m.user, m.n, to, size)
	return head + strings.Repeat(string(rune('a'+m.n%26)), size)
}

const everybody = -1

// place notes that a message has a place in the order, the same for everybody.
func (r *soakRoom) place(at uint64, m said, id string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.begun[m]; !ok {
		return fmt.Errorf("%v was never said", m)
	}
	if other, ok := r.places[at]; ok && other != m {
		return fmt.Errorf("place %d is of %v and of %v", at, other, m)
	}
	if other, ok := r.placeOf[m]; ok && other != at {
		return fmt.Errorf("%v stands at %d and at %d", m, other, at)
	}
	if other, ok := r.ids[m]; ok && other != id {
		return fmt.Errorf("%v is %q and %q", m, other, id)
	}
	r.places[at], r.placeOf[m], r.ids[m] = m, at, id
	return nil
}

// whispered notes that a private message has arrived.
func (r *soakRoom) whispered(m said, to int) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	w := r.whispers[m]
	switch {
	case w == nil:
		return fmt.Errorf("%v was never whispered", m)
	case w.to != to:
		return fmt.Errorf("%v was whispered to %d, and shown to %d", m, w.to, to)
	}
	w.heard = true
	return nil
}

// name notes that a user was granted a nickname, which nobody else may have.
func (r *soakRoom) name(nick string, user int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if owner, ok := r.names[nick]; ok && owner != user {
		r.t.Errorf("%s: %d is granted %q, which %d has", r.uri, user, nick, owner)
	}
	r.names[nick] = user
	r.granted++
}

// unname notes that a user may lose his nickname.
func (r *soakRoom) unname(user int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	maps.DeleteFunc(r.names, func(_ string, owner int) bool { return owner == user })
}

// missing compares what everybody has heard with what was said, and returns what has
// not arrived.
func (r *soakRoom) missing() (what []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for m := range r.begun {
		if _, ok := r.placeOf[m]; !ok && len(r.users) > 1 {
			what = append(what, fmt.Sprintf("nobody heard %v", m))
		}
	}
	order := slices.Sorted(maps.Keys(r.places))
	for _, u := range r.users {
		what = append(what, r.unheard(u, order)...)
	}
	for m, w := range r.whispers {
		if w.accepted && !w.heard && !w.reported && !r.users[w.to].leftAround(w.begun) {
			what = append(what, fmt.Sprintf("%v whispered to %d was lost", m, w.to))
		}
	}
	return what
}

// fifo checks that what one user has said comes in the order in which he said
// it, but for what he had to repeat.
func (r *soakRoom) fifo() {
	r.mu.Lock()
	defer r.mu.Unlock()
	last := make(map[int]int)
	for _, at := range slices.Sorted(maps.Keys(r.places)) {
		m := r.places[at]
		if r.resent[m] {
			continue
		}
		if m.n < last[m.user] {
			r.t.Errorf("%s: %d said %d before %d", r.uri, m.user, m.n, last[m.user])
		}
		last[m.user] = m.n
	}
}

// unheard tells what a user has not heard of what others have said since he came: the
// first of it, and how much.
func (r *soakRoom) unheard(u *soakUser, order []uint64) (what []string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	k, missing := 0, 0
	for _, at := range order {
		m := r.places[at]
		switch {
		case m.user == u.index:
		case k < len(u.heard) && u.heard[k] == at:
			k++
		case k == 0 && !r.begun[m].After(u.came): // before his time, or as he came
		default:
			if missing++; missing == 1 {
				what = append(what, fmt.Sprintf("%s never heard %v at %d, said %v after he came; he was %q",
					u.name, m, at, r.begun[m].Sub(u.came), u.diary))
			}
		}
	}
	if missing > 1 || k != len(u.heard) {
		what = append(what, fmt.Sprintf("%s never heard %d of %d messages", u.name, missing, len(order)))
	}
	return what
}
