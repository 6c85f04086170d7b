package instance

import "time"

// quarantine remembers the conference URIs that have ended, so that nobody
// reserves one that people still hold. It is bounded: the oldest go first, which
// harms nothing, since URIs of the factory do not come twice anyway. D-03.
type quarantine struct {
	period time.Duration
	limit  int
	until  map[Address]time.Time
	queue  []Address // by time
}

func (q *quarantine) add(a Address, now time.Time) {
	q.prune(now)
	if _, ok := q.until[a]; ok || q.limit <= 0 {
		return
	}
	if len(q.queue) >= q.limit {
		q.drop()
	}
	q.until[a] = now.Add(q.period)
	q.queue = append(q.queue, a)
}

// has reports whether a ended less than the period ago.
func (q *quarantine) has(a Address, now time.Time) bool {
	until, ok := q.until[a]
	return ok && now.Before(until)
}

func (q *quarantine) prune(now time.Time) {
	for len(q.queue) > 0 && !now.Before(q.until[q.queue[0]]) {
		q.drop()
	}
}

func (q *quarantine) drop() {
	delete(q.until, q.queue[0])
	q.queue = q.queue[1:]
}
