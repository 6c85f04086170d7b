package digest

import (
	"strings"
	"time"
)

// window is how many nonce counts below the highest may still come: requests of one
// user overtake each other over UDP.
const window = 64

// used remembers the nonce counts of nonces that were answered rightly, so that none
// is taken twice (RFC 7616 §3.3). It holds a fixed number of nonces. When one more
// comes the oldest is forgotten, and with it every nonce issued before: these count
// as expired from then on. [IDN-06]
type used struct {
	nonces map[string]*counts
	order  []string // a ring: in the order of first use
	next   int
	floor  time.Time // nonces up to here are taken only if they are remembered
}

// counts are those seen of one nonce.
type counts struct {
	issued  time.Time
	highest uint32
	seen    uint64 // bit i: highest-i was seen
}

func newUsed(size int) *used {
	return &used{nonces: make(map[string]*counts), order: make([]string, size)}
}

// take notes a count of a nonce and tells whether it is fresh.
func (u *used) take(nonce string, issued time.Time, count uint32) bool {
	if c := u.nonces[nonce]; c != nil {
		return c.take(count)
	}
	if !issued.After(u.floor) {
		return false
	}
	if old := u.order[u.next]; old != "" {
		if at := u.nonces[old].issued; at.After(u.floor) {
			u.floor = at
		}
		delete(u.nonces, old)
	}
	nonce = strings.Clone(nonce) // not the whole message
	u.order[u.next] = nonce
	u.next = (u.next + 1) % len(u.order)
	u.nonces[nonce] = &counts{issued: issued, highest: count, seen: 1}
	return true
}

func (c *counts) take(count uint32) bool {
	if count > c.highest {
		c.seen = c.seen<<(count-c.highest) | 1 // a shift by 64 and more leaves nothing
		c.highest = count
		return true
	}
	back := c.highest - count
	if back >= window || c.seen&(1<<back) != 0 {
		return false
	}
	c.seen |= 1 << back
	return true
}
