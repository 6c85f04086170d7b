package local

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/journal"
)

// Limits bounds the log of each conference. Zero fields have the defaults that
// are named beside them.
type Limits struct {
	// Messages is the least number of messages kept, whatever the policy of the
	// conference says, so that a follower who is a moment late loses nothing
	// (64). Who shows history goes by the policy.
	Messages int
	// Octets bounds the bodies of the messages (4 MiB). The last message is kept
	// whatever its size. [SW-HIS-01]
	Octets int
	// Age is how old a message becomes: no limit.
	Age time.Duration
	// Others bounds the events that are no messages (2048).
	Others int
}

func (l Limits) withDefaults() Limits {
	if l.Messages <= 0 {
		l.Messages = 64
	}
	if l.Octets <= 0 {
		l.Octets = 4 << 20
	}
	if l.Others <= 0 {
		l.Others = 2048
	}
	return l
}

// Journal is a journal in memory. It implements [journal.Journal].
type Journal struct {
	limits Limits        // fixed
	store  Store         // fixed; nil: what is durable stays in memory as well
	stop   chan struct{} // closed by Close

	mu        sync.RWMutex // guards what follows
	logs      map[conference.ID]*log
	base      conference.Position // no log that is gone ended behind it
	closed    bool
	followers sync.WaitGroup // joined under mu
}

var (
	_ journal.Journal   = (*Journal)(nil)
	_ journal.Condenser = (*Journal)(nil)
)

// New returns an empty journal, whose durable logs outlive their conferences but
// not the process.
func New(limits Limits) *Journal { return Open(limits, nil) }

// Open returns a journal that keeps durable logs in the store, beyond what
// stays in memory. Closing the store is the caller's.
func Open(limits Limits, store Store) *Journal {
	return &Journal{
		limits: limits.withDefaults(),
		store:  store,
		stop:   make(chan struct{}),
		logs:   make(map[conference.ID]*log),
	}
}

// Append implements [journal.Journal]. It waits for nobody but, with events of a
// durable conference that are not to be lost, for the store.
func (j *Journal) Append(ctx context.Context, id conference.ID, after journal.Position, events ...conference.Event) (journal.Position, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if len(events) == 0 {
		return after, nil
	}
	for {
		l, err := j.open(id, after)
		if err != nil {
			return 0, err
		}
		last, over, err := l.append(ctx, id, after, events)
		if over {
			j.release(id, l)
		}
		if !errors.Is(err, errGone) {
			return last, err
		}
	}
}

// Read implements [journal.Journal].
func (j *Journal) Read(ctx context.Context, id conference.ID, after journal.Position, limit int) ([]journal.Entry, error) {
	l, err := j.readable(ctx, id)
	if l == nil {
		return nil, err
	}
	entries, err := l.read(after, limit)
	if errors.Is(err, errOlder) {
		return j.store.Read(ctx, id, after, limit)
	}
	return entries, err
}

// readable returns the log of id for a reader who still waits, nil if there is none.
func (j *Journal) readable(ctx context.Context, id conference.ID) (*log, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return j.known(id)
}

// WantsSnapshot implements [journal.Condenser]. Besides the store, which looks at what
// is written, memory wants one: before the events behind the last snapshot are more
// than it keeps, or, with a store that is behind, when they are as many.
func (j *Journal) WantsSnapshot(id conference.ID) bool {
	most := j.limits.Others / 2
	if j.store != nil {
		if j.store.WantsSnapshot(id) {
			return true
		}
		most = j.limits.Others
	}
	l, err := j.lookup(id)
	return err == nil && l != nil && l.crowded(most)
}

// Close ends all followers and waits for them, or for ctx. A closed journal
// answers everything with [journal.ErrClosed].
func (j *Journal) Close(ctx context.Context) error {
	j.mu.Lock()
	if !j.closed {
		j.closed = true
		close(j.stop)
	}
	j.mu.Unlock()
	done := make(chan struct{})
	go func() {
		j.followers.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// lookup returns the log of id, nil if there is none.
func (j *Journal) lookup(id conference.ID) (*log, error) {
	j.mu.RLock()
	defer j.mu.RUnlock()
	if j.closed {
		return nil, journal.ErrClosed
	}
	return j.logs[id], nil
}

// known is lookup for logs that are only in the store as well.
func (j *Journal) known(id conference.ID) (*log, error) {
	l, err := j.lookup(id)
	if l != nil || err != nil || j.store == nil {
		return l, err
	}
	if _, _, ok := j.store.Log(id); !ok {
		return nil, nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed {
		return nil, journal.ErrClosed
	}
	return j.ensure(id), nil
}

// open returns the log of id for an append behind after, making it if there is
// none.
func (j *Journal) open(id conference.ID, after journal.Position) (*log, error) {
	l, err := j.known(id)
	if l != nil || err != nil {
		return l, err
	}
	if after != 0 && after != journal.AnyPosition {
		return nil, &journal.ConflictError{}
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed {
		return nil, journal.ErrClosed
	}
	return j.ensure(id), nil
}

// ensure returns the log of id, new if there is none. The caller holds mu.
func (j *Journal) ensure(id conference.ID) *log {
	l := j.logs[id]
	if l == nil {
		l = newLog(j.limits, j.base, j.store)
		l.recall(id)
		j.logs[id] = l
	}
	return l
}

// Forget drops what is in memory of a conference that has ended and whose URI was
// given back: it is no history of whoever gets that next. The log of a conference
// that goes on stays.
func (j *Journal) Forget(id conference.ID) {
	if l, err := j.lookup(id); err == nil && l != nil && l.abandon() {
		j.release(id, l)
	}
}

// release forgets a log whose conference has ended. Those who follow it go on
// with the next, which the next life of the URI will be written to.
func (j *Journal) release(id conference.ID, l *log) {
	last := l.end()
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.logs[id] != l {
		return
	}
	delete(j.logs, id)
	j.base = max(j.base, last)
	if l.followers > 0 {
		l.successor = j.ensure(id)
		l.successor.followers = l.followers
	}
}
