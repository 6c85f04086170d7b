package local

import (
	"context"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/journal"
)

// followBatch is how many events a follower takes from the log at a time.
const followBatch = 64

// Follow implements [journal.Journal]. A follower outlives the conference: when
// the URI comes to a new life he goes on with that.
func (j *Journal) Follow(ctx context.Context, id conference.ID, after journal.Position, to func(journal.Position, conference.Event) error) error {
	if err := j.enter(); err != nil {
		return err
	}
	defer j.followers.Done()
	for {
		l, born, err := j.lookup(id)
		if err != nil {
			return err
		}
		if l == nil {
			if err := j.wait(ctx, born); err != nil {
				return err
			}
			continue
		}
		if err := j.followLog(ctx, l, after, to); err != nil {
			return err
		}
		after = 0 // this log is read to its end, and gone
	}
}

// followLog hands over the events of one log until it is gone.
func (j *Journal) followLog(ctx context.Context, l *log, after journal.Position, to func(journal.Position, conference.Event) error) error {
	for {
		entries, changed, err := l.next(after, followBatch)
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

// enter counts a follower in, unless the journal is closed.
func (j *Journal) enter() error {
	j.mu.RLock()
	defer j.mu.RUnlock()
	if j.closed {
		return journal.ErrClosed
	}
	j.followers.Add(1)
	return nil
}
