package instance

import (
	"errors"
	"sync"

	"github.com/confab-chat/confab/internal/conference"
)

// The errors of a command that never reached its conference.
var (
	// ErrOverload: the conference's queue is full; the command was refused.
	ErrOverload = errors.New("instance: overload")
	// ErrEnded: the conference has ended.
	ErrEnded = errors.New("instance: conference has ended")
	// ErrUnwanted: nobody wanted the admission any more when its turn came, or something
	// newer was told of the leg.
	ErrUnwanted = errors.New("instance: admission no longer wanted")

	// errDissolved: the conference never came into being.
	errDissolved = errors.New("instance: dissolved")
)

// Queue bounds what waits for one conference. Zero fields have the defaults that
// are named beside them.
//
// The policy: messages, admissions and invitations, which anybody may send as fast as he
// likes, are refused when the queue is full. All other commands are taken
// always: there are at most a few for each endpoint, and a full queue must not
// keep anybody from leaving.
type Queue struct {
	Commands int // 4096
	Octets   int // of message bodies, 8 MiB
}

func (q Queue) withDefaults() Queue {
	if q.Commands <= 0 {
		q.Commands = 4096
	}
	if q.Octets <= 0 {
		q.Octets = 8 << 20
	}
	return q
}

// task is one piece of work for an instance: a command, or a look.
type task struct {
	command conference.Command
	wanted  func() bool // nil: always
	look    func(*conference.State)
	done    func(Result)
}

// octets is what the task counts in the queue.
func (t task) octets() int {
	if p, ok := t.command.(conference.Post); ok {
		return len(p.Message.Body)
	}
	return 0
}

// bounded reports whether a full queue refuses the task.
func (t task) bounded() bool {
	switch t.command.(type) {
	case conference.Post, conference.Admit, conference.Invite, nil:
		return true
	}
	return false
}

// queue hands tasks from any goroutine to the instance's.
type queue struct {
	limits Queue         // fixed
	wake   chan struct{} // capacity 1: there is something to take
	enough chan struct{} // capacity 1: as much waits as was asked for

	mu     sync.Mutex // guards what follows
	tasks  []task
	octets int
	asked  int   // how many tasks are enough; 0: nobody has asked
	closed error // why nothing is taken any more
}

func newQueue(limits Queue) *queue {
	return &queue{limits: limits.withDefaults(), wake: make(chan struct{}, 1), enough: make(chan struct{}, 1)}
}

// put adds a task at the end, or says why not.
func (q *queue) put(t task) error {
	q.mu.Lock()
	if q.closed != nil {
		defer q.mu.Unlock()
		return q.closed
	}
	n := t.octets()
	if t.bounded() && (len(q.tasks) >= q.limits.Commands || n > 0 && q.octets+n > q.limits.Octets) {
		q.mu.Unlock()
		return ErrOverload
	}
	q.tasks = append(q.tasks, t)
	q.octets += n
	first := len(q.tasks) == 1
	if len(q.tasks) == q.asked {
		q.asked = 0
		q.enough <- struct{}{}
	}
	q.mu.Unlock()
	if first {
		select {
		case q.wake <- struct{}{}:
		default:
		}
	}
	return nil
}

// len returns how many tasks wait.
func (q *queue) len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.tasks)
}

// until returns what can be received from when n tasks wait, nil if they do. It
// holds until the next take.
func (q *queue) until(n int) <-chan struct{} {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.tasks) >= n {
		return nil
	}
	q.asked = n
	return q.enough
}

// take returns all that waits, and takes spare, emptied, for what comes next.
func (q *queue) take(spare []task) []task {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.asked = 0
	select {
	case <-q.enough:
	default:
	}
	tasks := q.tasks
	q.tasks, q.octets = spare[:0], 0
	return tasks
}

// close refuses everything from now on with the error why, and returns what
// still waited.
func (q *queue) close(why error) []task {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed == nil {
		q.closed = why
	}
	tasks := q.tasks
	q.tasks, q.octets = nil, 0
	return tasks
}

// closeIfEmpty is close if nothing waits, and reports whether it did.
func (q *queue) closeIfEmpty(why error) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.tasks) > 0 || q.closed != nil {
		return false
	}
	q.closed = why
	return true
}
