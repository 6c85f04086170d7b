package locate

import (
	"context"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// How long answers are remembered, whatever their TTL says.
const (
	shortest = time.Second
	longest  = time.Hour
	// negative is for what does not exist and whose zone does not say how long.
	negative = 30 * time.Second
	// failed is for questions that no server answered: a little while nobody
	// waits for them again.
	failed = 2 * time.Second
)

// question is a name, in lower case and with the final dot, and a record type.
type question struct {
	name string
	kind uint16
}

// answer is what a name server said, or will have said when done is closed.
type answer struct {
	done chan struct{}

	// fixed when done is closed
	records []dns.RR
	err     error
	until   time.Time
}

// answers remembers answers, and who is asking already.
type answers struct {
	limit int

	mu    sync.Mutex
	known map[question]*answer
}

// claim returns the answer to a question. mine says that the caller is the one to
// find it out, and to call settle.
func (a *answers) claim(q question, now time.Time) (_ *answer, mine bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if old := a.known[q]; old != nil && (!old.settled() || now.Before(old.until)) {
		return old, false
	}
	if len(a.known) >= a.limit {
		a.evict(now)
	}
	fresh := &answer{done: make(chan struct{})}
	a.known[q] = fresh
	return fresh, true
}

// evict makes room: of some answers, those that are over, or else the one that is
// over first. The caller holds a.mu.
func (a *answers) evict(now time.Time) {
	const sample = 32
	var first question
	var at time.Time
	seen, room := 0, false
	for q, one := range a.known {
		if !one.settled() {
			continue
		}
		if !now.Before(one.until) {
			delete(a.known, q)
			room = true
		} else if at.IsZero() || one.until.Before(at) {
			first, at = q, one.until
		}
		if seen++; seen == sample {
			break
		}
	}
	if !room {
		delete(a.known, first)
	}
}

func (a *answer) settled() bool {
	select {
	case <-a.done:
		return true
	default:
		return false
	}
}

// settle writes an answer down and wakes who waits for it.
func (a *answer) settle(records []dns.RR, err error, until time.Time) {
	a.records, a.err, a.until = records, err, until
	close(a.done)
}

// wait returns the answer when it is there.
func (a *answer) wait(ctx context.Context) ([]dns.RR, error) {
	select {
	case <-a.done:
		return a.records, a.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// lifetime is how long an answer may be used, by the least TTL in it; for an empty
// one RFC 2308 §5 says what the zone's SOA means.
func lifetime(m *dns.Msg, records []dns.RR) time.Duration {
	least := longest
	for _, r := range m.Answer {
		least = min(least, seconds(r.Header().Ttl))
	}
	if len(records) == 0 {
		least = min(least, negative)
		for _, r := range m.Ns {
			if soa, ok := r.(*dns.SOA); ok {
				least = min(seconds(soa.Hdr.Ttl), seconds(soa.Minttl), 10*negative)
			}
		}
	}
	return max(least, shortest)
}

func seconds(n uint32) time.Duration { return time.Duration(n) * time.Second }
