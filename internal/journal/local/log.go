package local

import (
	"errors"
	"sync"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/journal"
)

// errGone says that the log was forgotten since the caller looked it up.
var errGone = errors.New("local: log is gone")

// log holds the events of one conference. Messages and other events are kept
// apart, so that comings and goings do not push messages out of the history.
type log struct {
	limits Limits              // fixed
	start  conference.Position // fixed: the position before the first event

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
	durable  bool
	gone     bool
	changed  chan struct{} // closed when events are appended; nil: nobody waits
}

func newLog(limits Limits, start conference.Position) *log {
	return &log{limits: limits, start: start, keep: limits.Messages, last: start}
}

// append adds the events. Over says that the log is to be forgotten, since its
// conference has ended and is not durable.
func (l *log) append(after journal.Position, events []conference.Event) (last journal.Position, over bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.gone {
		return l.last, true, errGone
	}
	if after == 0 {
		after = l.start
	}
	if after != journal.AnyPosition && after != l.last {
		return 0, false, &journal.ConflictError{Last: l.last}
	}
	for _, e := range events {
		l.last++
		l.push(journal.Entry{Position: l.last, Event: e})
	}
	l.trim()
	if l.changed != nil {
		close(l.changed)
		l.changed = nil
	}
	return l.last, l.gone, nil
}

// push puts one entry where it belongs and learns from it how much to keep.
func (l *log) push(entry journal.Entry) {
	switch e := entry.Event.(type) {
	case conference.Posted:
		l.messages.push(entry)
		l.octets += len(e.Message.Body)
		return
	case conference.Created:
		l.keep = max(l.limits.Messages, e.Policy.History.Keep)
		l.durable = e.Policy.History.Durable
	case conference.Ended:
		l.gone = !l.durable
	}
	l.others.push(entry)
}

// trim forgets the oldest entries above the limits.
func (l *log) trim() {
	for l.messages.len() > l.keep || l.octets > l.limits.Octets && l.messages.len() > 1 {
		entry := l.messages.pop()
		if e, ok := entry.Event.(conference.Posted); ok {
			l.octets -= len(e.Message.Body)
		}
		l.floor = max(l.floor, entry.Position)
	}
	for l.others.len() > l.limits.Others {
		l.floor = max(l.floor, l.others.pop().Position)
	}
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

// between merges the two rings by position. The caller holds mu.
func (l *log) between(after journal.Position, limit int) ([]journal.Entry, error) {
	switch {
	case after == journal.AnyPosition:
		after = 0
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
