package identity

import (
	"net/netip"
	"strings"
	"sync"
	"time"
)

const (
	maxFailures = 3                // in a row, for an account from an address
	lockTime    = 60 * time.Second // after them
	// maxGuessers bounds the memory of failures: about 1 MiB. Whoever makes as many
	// is forgotten first.
	maxGuessers = 8192
)

// guesser is somebody who names an account from an address.
type guesser struct {
	username string
	addr     netip.Prefix
}

// anybody is all guessers of the same address.
func (g guesser) anybody() guesser { return guesser{addr: g.addr} }

// guesserOf takes the subscriber's whole network for an IPv6 address, since he has
// as many addresses as he likes.
func guesserOf(username string, addr netip.Addr) guesser {
	addr = addr.Unmap()
	bits := addr.BitLen()
	if addr.Is6() {
		bits = 64
	}
	prefix, _ := addr.Prefix(bits) // the zero value for an address that is none
	return guesser{username: username, addr: prefix}
}

// failures counts wrong passwords in a row, those for accounts that do not exist
// included: nothing tells them apart. It is safe for concurrent use. [IDN-06]
type failures struct {
	most int // in a row; fixed
	mu   sync.Mutex
	all  map[guesser]*failure // guarded by mu
	ring []guesser            // in order of the first failure; guarded by mu
	next int                  // guarded by mu
}

type failure struct {
	place int    // in the ring
	last  string // response: a repeated request is no second guess
	count int
	until time.Time // locked
}

func newFailures(most int) *failures {
	return &failures{most: most, all: make(map[guesser]*failure), ring: make([]guesser, maxGuessers)}
}

// locked tells how long nobody is listened to any more; 0 or less: not at all.
func (f *failures) locked(g guesser, now time.Time) time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	one := f.all[g]
	if one == nil || one.count < f.most {
		return 0
	}
	wait := one.until.Sub(now)
	if wait <= 0 {
		delete(f.all, g)
	}
	return wait
}

// add notes a failure and tells whether it was one too many.
func (f *failures) add(g guesser, response string, now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	one := f.all[g]
	if one == nil {
		g.username = strings.Clone(g.username) // not the whole message
		one = &failure{place: f.next}
		f.place(g)
		f.all[g] = one
	}
	if one.count > 0 && one.last == response {
		return one.count >= f.most
	}
	one.last = strings.Clone(response)
	if one.count++; one.count >= f.most {
		one.until = now.Add(lockTime)
	}
	return one.count >= f.most
}

// place puts g into the ring, where the eldest has to make room.
func (f *failures) place(g guesser) {
	if old := f.all[f.ring[f.next]]; old != nil && old.place == f.next {
		delete(f.all, f.ring[f.next])
	}
	f.ring[f.next] = g
	f.next = (f.next + 1) % len(f.ring)
}

// forget ends the row.
func (f *failures) forget(g guesser) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.all, g)
}
