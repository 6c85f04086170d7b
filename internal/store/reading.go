package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/journal"
)

// Read implements [local.Store].
func (db *DB) Read(ctx context.Context, id conference.ID, after journal.Position, limit int) ([]journal.Entry, error) {
	r, err := db.settled(ctx, id)
	if r == nil || err != nil || limit < 1 {
		return nil, err
	}
	switch after {
	case journal.AnyPosition:
		after = 0
	case journal.LastSnapshot:
		after = max(r.snapshot, 1) - 1
	default:
		if err := r.whole(after, r.floor); err != nil {
			return nil, err
		}
	}
	return db.behind(ctx, after, limit, "SELECT key, message, event FROM events WHERE key > ? AND key <= ? ORDER BY key",
		r.key(min(after, r.last)), r.key(r.last))
}

// Messages implements [local.Store].
func (db *DB) Messages(ctx context.Context, id conference.ID, before journal.Position, limit int) ([]journal.Entry, error) {
	r, err := db.settled(ctx, id)
	if r == nil || err != nil || limit < 1 {
		return nil, err
	}
	var entries []journal.Entry
	end := r.key(min(before, r.last+1))
	err = db.query(ctx, func(row []journal.Entry) (more bool) {
		for _, e := range slices.Backward(row) {
			if e.Position < before && len(entries) < limit {
				entries = append(entries, e)
			}
		}
		return len(entries) < limit
	}, `SELECT key, message, event FROM events
		WHERE key > ? AND key < ? AND key - message < ? AND message > 0 ORDER BY key DESC`, r.key(0), end+rowMessages, end-1)
	slices.Reverse(entries)
	return entries, err
}

// MessagesAfter implements [local.Store].
func (db *DB) MessagesAfter(ctx context.Context, id conference.ID, after journal.Position, limit int) ([]journal.Entry, error) {
	r, err := db.settled(ctx, id)
	if r == nil || err != nil || limit < 1 {
		return nil, err
	}
	if after == journal.AnyPosition {
		after = 0
	} else if err := r.whole(after, r.lost); err != nil {
		return nil, err
	}
	return db.behind(ctx, after, limit,
		"SELECT key, message, event FROM events WHERE key > ? AND key <= ? AND message > 0 ORDER BY key",
		r.key(min(after, r.last)), r.key(r.last))
}

// whole reports, as an error, that something behind a position is gone, since things
// were dropped up to floor.
func (r *logRow) whole(after, floor journal.Position) error {
	first := max(floor, r.start)
	if after >= first || after == 0 && floor == 0 {
		return nil
	}
	return &journal.CompactedError{First: first + 1}
}

// settled returns the log of id when all that waited for the writer is written.
func (db *DB) settled(ctx context.Context, id conference.ID) (*logRow, error) {
	if err := db.do(ctx, nil); err != nil {
		return nil, err
	}
	return db.row(id), nil
}

// behind returns up to limit of the entries behind a position in the rows of a query.
func (db *DB) behind(ctx context.Context, after journal.Position, limit int, query string, args ...any) ([]journal.Entry, error) {
	var entries []journal.Entry
	err := db.query(ctx, func(row []journal.Entry) (more bool) {
		for _, e := range row {
			if e.Position > after && len(entries) < limit {
				entries = append(entries, e)
			}
		}
		return len(entries) < limit
	}, query, args...)
	return entries, err
}

// query hands the entries of each row of a query to take, for as long as it wants more.
func (db *DB) query(ctx context.Context, take func(row []journal.Entry) (more bool), query string, args ...any) error {
	release, err := db.hold(ctx)
	if err != nil {
		return err
	}
	defer release()
	rows, err := db.conn.QueryContext(ctx, query, args...)
	if err != nil {
		return db.note(err)
	}
	defer func() { _ = rows.Close() }() // rows.Err tells
	for more := true; more && rows.Next(); {
		var key, messages int64
		var events []byte
		if err := rows.Scan(&key, &messages, &events); err != nil {
			return db.note(err)
		}
		entries, err := entriesOf(position(key), messages, events)
		if err != nil {
			return db.note(fmt.Errorf("%w: events at %d: %w", ErrCorrupt, position(key), err))
		}
		more = take(entries)
	}
	return db.note(rows.Err())
}
