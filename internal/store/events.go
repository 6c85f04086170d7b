package store

import (
	"fmt"
	"slices"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/journal"
	"github.com/confab-chat/confab/internal/journal/codec"
	"github.com/confab-chat/confab/internal/journal/local"
)

var _ local.Store = (*DB)(nil)

// Append implements [local.Store].
func (db *DB) Append(id conference.ID, start journal.Position, entries []journal.Entry, done func(error)) error {
	batch := batch{id: id, start: start, entries: entries, events: make([][]byte, len(entries))}
	octets := 0
	for k, e := range entries {
		b, err := codec.Append(nil, e.Event)
		if err != nil {
			return fmt.Errorf("store: %w", err)
		}
		batch.events[k] = b
		octets += len(b)
	}
	o := operation{write: batch.write, octets: octets, done: done}
	if done == nil {
		o.loses = id // whoever appended goes on with it all the same
	}
	return db.queue.put(o)
}

// batch is events that are written together.
type batch struct {
	id      conference.ID
	start   journal.Position
	entries []journal.Entry
	events  [][]byte
}

func (b *batch) write(t *transaction) error {
	r, err := t.log(b.id, b.start)
	if err != nil {
		return err
	}
	for k, e := range b.entries {
		var message, at int64
		if p, ok := e.Event.(conference.Posted); ok {
			message, at = 1, p.Message.At.Unix()
		}
		if _, err := t.db.insert.ExecContext(t.ctx, r.key(e.Position), message, at, b.events[k]); err != nil {
			return err
		}
		octets := int64(len(b.events[k]))
		r.note(e, octets)
		if e.Event.Kind() != conference.KindSnapshot {
			continue
		}
		if err := t.condense(r, e.Position, octets); err != nil {
			return err
		}
	}
	if ended, ok := b.entries[len(b.entries)-1].Event.(conference.Ended); ok && r.finished(ended) {
		return t.drop(b.id, r)
	}
	return t.trim(r)
}

// note takes one more event into account.
func (r *logRow) note(e journal.Entry, octets int64) {
	r.last = e.Position
	switch e := e.Event.(type) {
	case conference.Posted:
		r.messages++
		r.octets += octets
		return
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
	r.others++
	r.tail++
	r.surplus += octets
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
