package journal

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/confab-chat/confab/internal/conference"
)

// Position is the place of an event in the journal of its conference.
type Position = conference.Position

// AnyPosition stands for no particular position: Append adds wherever the log
// ends, Read and Follow begin with the oldest event that is kept.
const AnyPosition Position = math.MaxUint64

// Journal keeps the events of conferences. All methods may be called
// concurrently. A conference that nobody has written to has an empty log.
//
// A journal may forget: the oldest events go when a conference has more than
// its driver keeps. What lies behind a position is then gone for readers, who
// are told by a [*CompactedError]; the exception is AnyPosition, from where
// they get what is left, which may have holes before the last event forgotten.
type Journal interface {
	// Append adds events, all of them or none, if the log still ends at after
	// (AnyPosition: unconditionally) and returns the last one's position. The
	// events of one call stand at consecutive positions; nothing comes between
	// them. If the log ends elsewhere the error is a [*ConflictError]. An event
	// in the log is not lost by the end of the process if its conference is
	// durable. Append without events returns after.
	Append(ctx context.Context, id conference.ID, after Position, events ...conference.Event) (Position, error)

	// Follow hands over the events behind after, in order, and goes on with new
	// ones until ctx ends; it returns the error of ctx, of to, [ErrClosed], or a
	// [*CompactedError] when the follower was too slow for what the journal
	// keeps. To is called on the caller's goroutine, never twice at a time.
	Follow(ctx context.Context, id conference.ID, after Position, to func(Position, conference.Event) error) error

	// Read pages through the past: up to limit entries behind after, fewer only
	// if the log ends. A limit below 1 yields nothing.
	Read(ctx context.Context, id conference.ID, after Position, limit int) ([]Entry, error)
}

// History is a journal from which messages can be read by themselves.
type History interface {
	// Messages returns the last messages before a position, AnyPosition being the
	// end: as many as are kept, up to limit, oldest first.
	Messages(ctx context.Context, id conference.ID, before Position, limit int) ([]Entry, error)
}

// Entry is an event at its position.
type Entry struct {
	Position Position
	Event    conference.Event
}

// ErrBusy is the error of a journal that has more to write than it may hold:
// later it will take it.
var ErrBusy = errors.New("journal: too much waits to be written")

// ErrClosed is the error of a journal that was closed.
var ErrClosed = errors.New("journal: closed")

// ConflictError says that a log did not end where the writer thought.
type ConflictError struct {
	Last Position // where it ends
}

// Error implements error.
func (e *ConflictError) Error() string {
	return fmt.Sprintf("journal: log ends at %d", e.Last)
}

// CompactedError says that events behind the position asked for are gone.
type CompactedError struct {
	First Position // the first position from which on everything is there
}

// Error implements error.
func (e *CompactedError) Error() string {
	return fmt.Sprintf("journal: events before %d are gone", e.First)
}
