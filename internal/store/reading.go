package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/journal"
	"github.com/confab-chat/confab/internal/journal/codec"
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
	return db.query(ctx, "SELECT key, event FROM events WHERE key > ? AND key <= ? ORDER BY key LIMIT ?",
		r.key(min(after, r.last)), r.key(r.last), limit)
}

// Messages implements [local.Store].
func (db *DB) Messages(ctx context.Context, id conference.ID, before journal.Position, limit int) ([]journal.Entry, error) {
	r, err := db.settled(ctx, id)
	if r == nil || err != nil || limit < 1 {
		return nil, err
	}
	entries, err := db.query(ctx,
		"SELECT key, event FROM events WHERE key > ? AND key < ? AND message = 1 ORDER BY key DESC LIMIT ?",
		r.key(0), r.key(min(before, r.last+1)), limit)
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
	return db.query(ctx, "SELECT key, event FROM events WHERE key > ? AND key <= ? AND message = 1 ORDER BY key LIMIT ?",
		r.key(min(after, r.last)), r.key(r.last), limit)
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

func (db *DB) query(ctx context.Context, query string, args ...any) ([]journal.Entry, error) {
	release, err := db.hold(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	rows, err := db.conn.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, db.note(err)
	}
	defer func() { _ = rows.Close() }() // rows.Err tells
	var entries []journal.Entry
	for rows.Next() {
		var key int64
		var b []byte
		if err := rows.Scan(&key, &b); err != nil {
			return nil, db.note(err)
		}
		e, err := codec.Decode(b)
		if err != nil {
			return nil, db.note(fmt.Errorf("%w: event at %d: %w", ErrCorrupt, position(key), err))
		}
		entries = append(entries, journal.Entry{Position: position(key), Event: e})
	}
	return entries, db.note(rows.Err())
}
