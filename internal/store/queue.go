package store

import (
	"sync"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/journal"
)

// operation is something to write.
type operation struct {
	write  func(*transaction) error // nil: nothing, but to wait for what was queued before
	octets int
	done   func(error)   // nil: nobody waits. Called by the writer, and must not block
	loses  conference.ID // whose log lacks something if it fails; empty: nobody's
}

// queue hands operations to the writer. The policy: an operation that would make
// more octets wait than the limit is refused with journal.ErrBusy, unless nothing waits.
type queue struct {
	limit int           // fixed
	wake  chan struct{} // capacity 1: there is something to take

	mu      sync.Mutex // guards what follows
	waiting []operation
	octets  int
	closed  bool
	refused uint64
}

func newQueue(limit int) queue {
	return queue{limit: limit, wake: make(chan struct{}, 1)}
}

func (q *queue) put(o operation) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.closed:
		return ErrClosed
	case len(q.waiting) > 0 && q.octets+o.octets > q.limit:
		q.refused++
		return journal.ErrBusy
	}
	q.waiting = append(q.waiting, o)
	q.octets += o.octets
	select {
	case q.wake <- struct{}{}:
	default:
	}
	return nil
}

// take returns all that waits, and takes spare, emptied, for what comes next.
func (q *queue) take(spare []operation) []operation {
	q.mu.Lock()
	defer q.mu.Unlock()
	clear(spare)
	taken := q.waiting
	q.waiting, q.octets = spare[:0], 0
	return taken
}

// close refuses what comes from now on, and reports whether it was open.
func (q *queue) close() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	was := !q.closed
	q.closed = true
	return was
}
