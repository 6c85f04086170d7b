package local

import (
	"context"
	"errors"
	"sync"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/journal"
)

// errGone says that the log was forgotten since the caller looked it up.
var errGone = errors.New("local: log is gone")

// errOlder says that only the store has what was asked for.
var errOlder = errors.New("local: no longer in memory")

// log holds the events of one conference. Messages and other events are kept
// apart, so that comings and goings do not push messages out of the history.
type log struct {
	limits Limits              // fixed
	start  conference.Position // fixed: the position before the first event
	store  Store               // fixed; may be nil
	turn   chan struct{}       // fixed; holds something while somebody appends; nil without a store

	// Guarded by the journal's mu.
	followers int
	successor *log // what they go on with when this one is gone

	mu       sync.Mutex // guards what follows
	messages ring
	others   ring
	keep     int                 // messages
	octets   int                 // of the messages' bodies
	last     conference.Position // of the last event
	floor    conference.Position // of the last event forgotten
	lost     conference.Position // of the last message forgotten
	alive    bool                // the last event that is no message was not the end
	durable  bool
	factory  bool // of the factory: its URI does not come again
	kept     bool // the store has it, or did
	gone     bool
	changed  chan struct{} // closed when events are appended; nil: nobody waits
}

func newLog(limits Limits, start conference.Position, store Store) *log {
	l := &log{limits: limits, start: start, store: store, keep: limits.Messages, last: start}
	if store != nil {
		l.turn = make(chan struct{}, 1)
	}
	return l
}

// append adds the events. Over says that the log is to be forgotten, since its
// conference has ended and is not durable.
func (l *log) append(ctx context.Context, id conference.ID, after journal.Position, events []conference.Event) (last journal.Position, over bool, err error) {
	if l.store != nil {
		return l.appendInTurn(ctx, id, after, events)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.fits(after); err != nil {
		return l.last, l.gone, err
	}
	for _, e := range events {
		l.push(journal.Entry{Position: l.last + 1, Event: e})
	}
	return l.last, l.added(), nil
}

// fits reports why nothing can be added behind after. The caller holds mu.
func (l *log) fits(after journal.Position) error {
	if l.gone {
		return errGone
	}
	if after == 0 {
		after = l.start
	}
	if after != journal.AnyPosition && after != l.last {
		return &journal.ConflictError{Last: l.last}
	}
	return nil
}

// added ends an addition, and reports whether the log is to be forgotten. The
// caller holds mu.
func (l *log) added() (over bool) {
	l.trim()
	if l.changed != nil {
		close(l.changed)
		l.changed = nil
	}
	return l.gone
}

// push puts one entry where it belongs and learns from it how much to keep.
func (l *log) push(entry journal.Entry) {
	l.last = entry.Position
	switch e := entry.Event.(type) {
	case conference.Posted:
		l.messages.push(entry)
		l.octets += len(e.Message.Body)
		return
	case conference.Created:
		l.keep = max(l.limits.Messages, e.Policy.History.Keep)
		l.durable = e.Policy.History.Durable
		l.kept = l.durable && l.store != nil // what an earlier life has in the store is no history of this one
		l.factory = e.Origin == conference.FromFactory
	case conference.Changed:
		if e.Policy != nil {
			l.keep = max(l.limits.Messages, e.Policy.History.Keep)
		}
	case conference.Snapshot:
		l.condense(entry)
		return
	case conference.Ended:
		l.alive = false
		l.gone = !l.durable || l.factory && e.Cause != conference.EndShutdown
		l.others.push(entry)
		return
	}
	l.alive = true
	l.others.push(entry)
}

// condense forgets what a snapshot stands for. It is kept itself unless the store
// has it.
func (l *log) condense(snapshot journal.Entry) {
	l.others = ring{}
	l.floor = max(l.floor, snapshot.Position-1)
	if l.kept {
		l.floor = snapshot.Position
		return
	}
	l.others.push(snapshot)
}

// trim forgets the oldest entries above the limits.
func (l *log) trim() {
	for l.messages.len() > l.keep || l.messages.len() > 1 && (l.octets > l.limits.Octets || l.aged()) {
		entry := l.messages.pop()
		if e, ok := entry.Event.(conference.Posted); ok {
			l.octets -= len(e.Message.Body)
		}
		l.lost = entry.Position
		l.floor = max(l.floor, entry.Position)
	}
	for l.others.len() > l.limits.Others {
		l.floor = max(l.floor, l.others.pop().Position)
	}
}

// aged reports whether the oldest message is older than it may be, seen from the
// last one.
func (l *log) aged() bool {
	if l.limits.Age <= 0 {
		return false
	}
	oldest, _ := l.messages.at(0).Event.(conference.Posted)
	last, _ := l.messages.at(l.messages.len() - 1).Event.(conference.Posted)
	return last.Message.At.Sub(oldest.Message.At) > l.limits.Age
}

// end returns the position of the last event.
func (l *log) end() journal.Position {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last
}

// retire makes an empty log one that is gone, and reports whether it did.
func (l *log) retire() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last != l.start {
		return false
	}
	l.gone = true
	return true
}

// abandon makes a log whose conference does not live one that is gone, and reports
// whether it did.
func (l *log) abandon() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.alive {
		return false
	}
	l.gone = true
	l.added()
	return true
}

// crowded reports whether a conference that is to be folded again has so many events
// that are no messages.
func (l *log) crowded(most int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.durable && l.others.len() >= most
}

// read returns up to limit entries behind after.
func (l *log) read(after journal.Position, limit int) ([]journal.Entry, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.between(after, limit)
}

// next is read for followers: where there is nothing to read it returns the
// channel that is closed when there is, nil if there never will be.
func (l *log) next(after journal.Position, limit int) ([]journal.Entry, <-chan struct{}, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	entries, err := l.between(after, limit)
	if err != nil || len(entries) > 0 || l.gone {
		return entries, nil, err
	}
	if l.changed == nil {
		l.changed = make(chan struct{})
	}
	return nil, l.changed, nil
}

// begin returns the position behind which reading from no particular position
// begins. The caller holds mu.
func (l *log) begin(after journal.Position) journal.Position {
	if after == journal.LastSnapshot && l.others.len() > 0 {
		// No other stands before a snapshot.
		if oldest := l.others.at(0); oldest.Event.Kind() == conference.KindSnapshot {
			return oldest.Position - 1
		}
	}
	return 0
}

// between merges the two rings by position. The caller holds mu.
func (l *log) between(after journal.Position, limit int) ([]journal.Entry, error) {
	switch anywhere := after == journal.AnyPosition || after == journal.LastSnapshot; {
	case l.kept && (anywhere && l.floor > 0 || after < l.floor):
		return nil, errOlder
	case anywhere:
		after = l.begin(after)
	case after == 0 && l.floor == 0:
	case after < max(l.floor, l.start):
		return nil, &journal.CompactedError{First: max(l.floor, l.start) + 1}
	}
	m, o := l.messages.search(after), l.others.search(after)
	n := min(limit, l.messages.len()-m+l.others.len()-o)
	if n < 1 {
		return nil, nil
	}
	entries := make([]journal.Entry, 0, n)
	for range n {
		fromMessages := o == l.others.len() ||
			m < l.messages.len() && l.messages.at(m).Position < l.others.at(o).Position
		if fromMessages {
			entries = append(entries, l.messages.at(m))
			m++
			continue
		}
		entries = append(entries, l.others.at(o))
		o++
	}
	return entries, nil
}
