package local

import (
	"context"
	"errors"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/journal"
)

// followBatch is how many events a follower takes from the log at a time.
const followBatch = 64

// Follow implements [journal.Journal]. A follower outlives the conference: when
// the URI comes to a new life he goes on with that.
func (j *Journal) Follow(ctx context.Context, id conference.ID, after journal.Position, to func(journal.Position, conference.Event) error) error {
	l, err := j.enter(id)
	if err != nil {
		return err
	}
	defer j.followers.Done()
	for {
		if err := j.followLog(ctx, id, l, after, to); err != nil {
			j.leave(id, l)
			return err
		}
		l, after = j.next(id, l), 0
	}
}

// followLog hands over the events of one log until it is gone.
func (j *Journal) followLog(ctx context.Context, id conference.ID, l *log, after journal.Position, to func(journal.Position, conference.Event) error) error {
	for {
		entries, changed, err := l.next(after, followBatch)
		if errors.Is(err, errOlder) {
			entries, err = j.store.Read(ctx, id, after, followBatch)
		}
		if err != nil {
			return err
		}
		if len(entries) == 0 {
			if changed == nil {
				return nil
			}
			if err := j.wait(ctx, changed); err != nil {
				return err
			}
			continue
		}
		for _, e := range entries {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := to(e.Position, e.Event); err != nil {
				return err
			}
		}
		after = entries[len(entries)-1].Position
	}
}

// wait blocks until something has changed.
func (j *Journal) wait(ctx context.Context, changed <-chan struct{}) error {
	select {
	case <-changed:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-j.stop:
		return journal.ErrClosed
	}
}

// enter counts a follower in and returns the log to follow, which may be
// without events yet.
func (j *Journal) enter(id conference.ID) (*log, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed {
		return nil, journal.ErrClosed
	}
	j.followers.Add(1)
	l := j.ensure(id)
	l.followers++
	return l, nil
}

// next returns the log that comes after l, which is gone.
func (j *Journal) next(id conference.ID, l *log) *log {
	j.release(id, l) // in case Append has not come to it yet
	j.mu.RLock()
	defer j.mu.RUnlock()
	return l.successor
}

// leave counts a follower out. A log that nobody has written to goes with its
// last follower.
func (j *Journal) leave(id conference.ID, l *log) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for ; l != nil; l = l.successor {
		l.followers--
		if l.followers == 0 && j.logs[id] == l && l.retire() {
			delete(j.logs, id)
		}
	}
}
