package participant

import "sync"

// queueLimit bounds the events that wait for the application, in octets.
const queueLimit = 8 << 20

// queue holds the events of a conference until the application takes them. It is
// bounded in octets: what does not fit is dropped and counted, and an [Overflow]
// tells of it in its place. A roster that waits is replaced by a newer one. A
// goroutine hands the events over while there are any.
type queue struct {
	out  chan Event
	shut <-chan struct{} // closed when what does not fit into out is to be dropped

	mu      sync.Mutex
	waiting []Event
	size    int // octets of waiting
	lost    int
	pumping bool
	last    bool // nothing is added any more
}

func newQueue(shut <-chan struct{}) *queue {
	return &queue{out: make(chan Event, 16), shut: shut}
}

// put adds an event.
func (q *queue) put(e Event) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.last {
		q.add(e)
		q.pump()
	}
}

// finish adds the last event, whatever the bound, and closes the channel behind it.
func (q *queue) finish(e Event) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.last {
		return
	}
	q.noteLoss()
	q.append(e)
	q.last = true
	q.pump()
}

func (q *queue) add(e Event) {
	if _, ok := e.(Roster); ok && q.replaceRoster(e) {
		return
	}
	if q.size > 0 && q.size+e.octets() > queueLimit {
		q.lost++
		return
	}
	q.noteLoss()
	q.append(e)
}

func (q *queue) noteLoss() {
	if q.lost > 0 {
		q.append(Overflow{Dropped: q.lost})
		q.lost = 0
	}
}

func (q *queue) append(e Event) {
	q.waiting = append(q.waiting, e)
	q.size += e.octets()
}

func (q *queue) replaceRoster(e Event) bool {
	for i, old := range q.waiting {
		if _, ok := old.(Roster); ok {
			q.size += e.octets() - old.octets()
			q.waiting[i] = e
			return true
		}
	}
	return false
}

// pump starts the goroutine if there is none. Called with mu held.
func (q *queue) pump() {
	if !q.pumping {
		q.pumping = true
		go q.run()
	}
}

func (q *queue) run() {
	for {
		e, ok := q.next()
		if !ok {
			return
		}
		select {
		case q.out <- e:
		case <-q.shut: // nobody will fetch it
			select {
			case q.out <- e:
			default:
			}
		}
	}
}

// next takes the first event; without one the goroutine ends.
func (q *queue) next() (Event, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		q.waiting, q.pumping = nil, false
		if q.last {
			close(q.out)
		}
		return nil, false
	}
	e := q.waiting[0]
	q.waiting[0] = nil
	q.waiting = q.waiting[1:]
	q.size -= e.octets()
	return e, true
}
