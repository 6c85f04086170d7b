package locate

import (
	"net/netip"
	"sync"
	"time"

	"github.com/confab-chat/confab/sip/transport"
)

// maxResting is how many targets are known as failed at most. When there are more,
// those that are over are forgotten, or any one.
const maxResting = 4096

// place is what can fail: an address and a transport.
type place struct {
	transport string
	addr      netip.AddrPort
}

func placeOf(to transport.Target) place { return place{to.Transport, to.Addr} }

// resting remembers the targets that failed lately.
type resting struct {
	mu    sync.Mutex
	until map[place]time.Time
}

func (r *resting) add(p place, until time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.until) >= maxResting {
		r.evict(time.Now())
	}
	r.until[p] = until
}

// evict is called with r.mu held.
func (r *resting) evict(now time.Time) {
	var other place
	for p, until := range r.until {
		other = p
		if now.After(until) {
			delete(r.until, p)
		}
	}
	if len(r.until) >= maxResting {
		delete(r.until, other)
	}
}

// order puts the targets that rest behind the others. They stay in the list: when
// all rest they are tried all the same, for BYE has to get through.
func (r *resting) order(targets []transport.Target, now time.Time) []transport.Target {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.until) == 0 {
		return targets
	}
	ordered := make([]transport.Target, 0, len(targets))
	var late []transport.Target
	for _, to := range targets {
		if now.Before(r.until[placeOf(to)]) {
			late = append(late, to)
			continue
		}
		ordered = append(ordered, to)
	}
	return append(ordered, late...)
}

// count is the number of targets remembered.
func (r *resting) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.until)
}
