package local

import (
	"context"
	"errors"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/journal"
)

// Messages implements [journal.History].
func (j *Journal) Messages(ctx context.Context, id conference.ID, before journal.Position, limit int) ([]journal.Entry, error) {
	l, err := j.readable(ctx, id)
	if l == nil {
		return nil, err
	}
	entries, err := l.lastMessages(before, limit)
	if errors.Is(err, errOlder) {
		return j.store.Messages(ctx, id, before, limit)
	}
	return entries, err
}

// MessagesAfter implements [journal.History].
func (j *Journal) MessagesAfter(ctx context.Context, id conference.ID, after journal.Position, limit int) ([]journal.Entry, error) {
	l, err := j.readable(ctx, id)
	if l == nil {
		return nil, err
	}
	entries, err := l.messagesAfter(after, limit)
	if errors.Is(err, errOlder) {
		return j.store.MessagesAfter(ctx, id, after, limit)
	}
	return entries, err
}

// lastMessages returns the last messages before a position, or errOlder if the
// store may have more of them.
func (l *log) lastMessages(before journal.Position, limit int) ([]journal.Entry, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	end := l.messages.len()
	if before != journal.AnyPosition {
		end = l.messages.search(max(before, 1) - 1)
	}
	n := max(0, min(limit, end))
	if n < limit && l.kept && l.lost > 0 {
		return nil, errOlder
	}
	return l.messages.page(end-n, n), nil
}

// messagesAfter returns the first messages behind a position, or errOlder if only
// the store has them.
func (l *log) messagesAfter(after journal.Position, limit int) ([]journal.Entry, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch anywhere := after == journal.AnyPosition; {
	case l.kept && (anywhere && l.lost > 0 || after < l.lost):
		return nil, errOlder
	case anywhere:
		after = 0
	case after == 0 && l.lost == 0:
	case after < max(l.lost, l.start):
		return nil, &journal.CompactedError{First: max(l.lost, l.start) + 1}
	}
	first := l.messages.search(after)
	return l.messages.page(first, max(0, min(limit, l.messages.len()-first))), nil
}
