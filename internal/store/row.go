package store

import (
	"errors"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/journal"
	"github.com/confab-chat/confab/internal/journal/codec"
)

// rowMessages is how many messages share a row at most, and rowOctets how many octets
// they take, unless it is one alone: as much as stays within a page of the file.
const (
	rowMessages = 64
	rowOctets   = 3800
)

// row is one of the table events: an event that is no message, or messages that
// follow each other and were committed together. What a row costs SQLite hardly
// depends on what is in it.
type row struct {
	last     journal.Position // of its events
	messages int64            // how many; 0: it is another event
	at       int64            // of the last message, in seconds since 1970
	event    conference.Event // if it is no message
	events   []byte           // as package codec writes them
}

// appendRows appends the rows in which entries are written.
func appendRows(rows []row, entries []journal.Entry) ([]row, error) {
	for len(entries) > 0 {
		w, n, err := nextRow(entries)
		if err != nil {
			return nil, err
		}
		rows, entries = append(rows, w), entries[n:]
	}
	return rows, nil
}

// nextRow returns a row of the first n entries.
func nextRow(entries []journal.Entry) (w row, n int, err error) {
	for _, e := range entries {
		p, ok := e.Event.(conference.Posted)
		if !ok && n > 0 || n == rowMessages {
			break
		}
		before := len(w.events)
		if w.events, err = codec.Append(w.events, e.Event); err != nil {
			return row{}, 0, err
		}
		if n > 0 && len(w.events) > rowOctets {
			w.events = w.events[:before]
			break
		}
		w.last = e.Position
		n++
		if !ok {
			w.event = e.Event
			break
		}
		w.messages, w.at = w.messages+1, p.Message.At.Unix()
	}
	return w, n, nil
}

// entriesOf returns the entries of a row.
func entriesOf(last journal.Position, messages int64, events []byte) ([]journal.Entry, error) {
	at := last - journal.Position(max(messages, 1))
	entries := make([]journal.Entry, 0, min(last-at, rowMessages))
	for at < last {
		e, rest, err := codec.Decode(events)
		if err != nil {
			return nil, err
		}
		at++
		entries, events = append(entries, journal.Entry{Position: at, Event: e}), rest
	}
	if len(events) > 0 {
		return nil, errors.New("more than there should be")
	}
	return entries, nil
}
