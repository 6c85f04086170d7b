package store

import (
	"fmt"
	"slices"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/journal"
	"github.com/confab-chat/confab/internal/journal/local"
)

var _ local.Store = (*DB)(nil)

// Append implements [local.Store].
func (db *DB) Append(id conference.ID, start journal.Position, entries []journal.Entry, done func(error)) error {
	rows, err := appendRows(make([]row, 0, len(entries)), entries)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	batch := batch{id: id, start: start, rows: rows}
	o := operation{write: batch.write, done: done}
	for _, w := range rows {
		o.octets += len(w.events)
	}
	if done == nil {
		o.loses = id // whoever appended goes on with it all the same
	}
	return db.queue.put(o)
}

// batch is rows that are written together.
type batch struct {
	id    conference.ID
	start journal.Position
	rows  []row
}

func (b *batch) write(t *transaction) error {
	r, err := t.log(b.id, b.start)
	if err != nil {
		return err
	}
	before := r.last
	for _, w := range b.rows {
		if _, err := t.db.insert.ExecContext(t.ctx, r.key(w.last), w.messages, w.at, w.events); err != nil {
			return err
		}
		r.note(w)
		if w.messages > 0 || w.event.Kind() != conference.KindSnapshot {
			continue
		}
		if err := t.condense(r, w.last, int64(len(w.events))); err != nil {
			return err
		}
	}
	if ended, ok := b.rows[len(b.rows)-1].event.(conference.Ended); ok && r.finished(ended) {
		return t.drop(b.id, r)
	}
	return t.trim(r, before)
}

// note takes one more row into account.
func (r *logRow) note(w row) {
	r.last = w.last
	if w.messages > 0 {
		r.messages += w.messages
		r.octets += int64(len(w.events))
		return
	}
	switch e := w.event.(type) {
	case conference.Created:
		r.life, r.alive = r.last, true
		r.factory = e.Origin == conference.FromFactory
		r.keep = int64(e.Policy.History.Keep)
	case conference.Changed:
		if e.Policy != nil {
			r.keep = int64(e.Policy.History.Keep)
		}
	case conference.Resumed:
		r.alive = true
	case conference.Ended:
		r.alive = e.Cause == conference.EndShutdown
	}
	r.stale = true
	r.others++
	r.tail++
	r.surplus += int64(len(w.events))
}

// finished reports whether nothing of the log is wanted any more: the URI of a
// conference from the factory does not come again.
func (r *logRow) finished(e conference.Ended) bool {
	return r.factory && e.Cause != conference.EndShutdown
}

// Log implements [local.Store].
func (db *DB) Log(id conference.ID) (start, last journal.Position, ok bool) {
	r := db.row(id)
	if r == nil {
		return 0, 0, false
	}
	return r.start, r.last, true
}

// WantsSnapshot implements [journal.Condenser].
func (db *DB) WantsSnapshot(id conference.ID) bool {
	r := db.row(id)
	return r != nil && r.alive && (r.torn || r.tail >= int64(db.opts.Limits.Tail) && r.surplus >= 0)
}

// Unfinished returns the conferences that were alive when the server ended, in
// the order of their URIs.
func (db *DB) Unfinished() []conference.ID {
	db.mu.RLock()
	defer db.mu.RUnlock()
	var ids []conference.ID
	for id, r := range db.logs {
		if r.alive {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}
