package local

import (
	"context"
	"errors"
	"slices"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/journal"
)

// Store keeps the logs of durable conferences where they outlive the process.
// What it is given it keeps in that order, and bounds by the policy that Created
// and Changed tell. Its methods may be called from any goroutine.
type Store interface {
	// Append takes over entries of one conference, whose log began behind start,
	// and calls done, unless that is nil, when they are kept for good: all of them
	// or, with an error, none. If it returns an error it has taken nothing. It
	// does not wait.
	Append(id conference.ID, start journal.Position, entries []journal.Entry, done func(error)) error
	// Log returns where the log begins and ends, as far as it is kept for good.
	Log(id conference.ID) (start, last journal.Position, ok bool)
	// Read is that of [journal.Journal], up to the last Append.
	Read(ctx context.Context, id conference.ID, after journal.Position, limit int) ([]journal.Entry, error)
	// History is read up to the last Append.
	journal.History
	// Condenser looks at what is kept for good.
	journal.Condenser
}

// recall begins a new log where the store has it end.
func (l *log) recall(id conference.ID) {
	if l.store == nil {
		return
	}
	start, last, ok := l.store.Log(id)
	if !ok {
		return
	}
	l.kept, l.durable = true, true
	l.start = start
	l.last = max(l.last, last) // lives in memory may have gone on behind it
	l.floor, l.lost = l.last, l.last
}

// appendInTurn is append for logs that the store may have a part in: one batch
// at a time, since a batch has its place only when it is kept.
func (l *log) appendInTurn(ctx context.Context, id conference.ID, after journal.Position, events []conference.Event) (last journal.Position, over bool, err error) {
	select {
	case l.turn <- struct{}{}:
	case <-ctx.Done():
		return 0, false, ctx.Err()
	}
	entries, durable, err := l.place(after, events)
	switch {
	case err != nil:
		<-l.turn
		return l.end(), errors.Is(err, errGone), err
	case !durable:
		defer func() { <-l.turn }()
		last, over = l.add(entries)
		return last, over, nil
	case !slices.ContainsFunc(events, lasting):
		defer func() { <-l.turn }()
		if err := l.store.Append(id, l.start, entries, nil); err != nil {
			return 0, false, err
		}
		last, over = l.add(entries)
		return last, over, nil
	}
	return l.appendLasting(ctx, id, entries)
}

// appendLasting waits until the entries are kept. Where ctx ends before, they
// are added all the same if they are kept then.
func (l *log) appendLasting(ctx context.Context, id conference.ID, entries []journal.Entry) (last journal.Position, over bool, err error) {
	type outcome struct {
		last journal.Position
		over bool
		err  error
	}
	result := make(chan outcome, 1)
	err = l.store.Append(id, l.start, entries, func(err error) {
		o := outcome{err: err}
		if err == nil {
			o.last, o.over = l.add(entries)
		}
		<-l.turn
		result <- o
	})
	if err != nil {
		<-l.turn
		return 0, false, err
	}
	select {
	case o := <-result:
		return o.last, o.over, o.err
	case <-ctx.Done():
		return 0, false, ctx.Err()
	}
}

// lasting reports whether an event is to be on the disk before anybody goes on.
// Who comes and goes is written as well, but not waited for: nobody is there
// after a crash anyway.
func lasting(e conference.Event) bool {
	switch e.(type) {
	case conference.Admitted, conference.Advanced, conference.Connected, conference.Departed,
		conference.LegLost, conference.LegBack, conference.MediaSet, conference.Acknowledged, conference.Resumed:
		return false
	}
	return true
}

// place gives the events the positions that they will have, and reports whether
// the store is to keep them.
func (l *log) place(after journal.Position, events []conference.Event) (entries []journal.Entry, durable bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.fits(after); err != nil {
		return nil, false, err
	}
	durable = l.durable
	entries = make([]journal.Entry, len(events))
	for k, e := range events {
		if c, ok := e.(conference.Created); ok {
			durable = c.Policy.History.Durable
		}
		entries[k] = journal.Entry{Position: l.last + 1 + journal.Position(k), Event: e}
	}
	l.kept = l.kept || durable
	return entries, durable, nil
}

// add adds entries that have their positions.
func (l *log) add(entries []journal.Entry) (last journal.Position, over bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range entries {
		l.push(e)
	}
	return l.last, l.added()
}
