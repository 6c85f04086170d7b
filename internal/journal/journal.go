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

// LastSnapshot has Read and Follow begin with the last [conference.Snapshot], from
// which on the state can be folded; with the oldest event that is kept where there
// is none.
const LastSnapshot Position = math.MaxUint64 - 1

// Journal keeps the events of conferences. All methods may be called
// concurrently. A conference that nobody has written to has an empty log.
//
// A journal may forget: the oldest events go when a conference has more than
// its driver keeps, and those before a [conference.Snapshot] that are no messages
// go with it. What lies behind a position is then gone for readers, who
// are told by a [*CompactedError]; the exceptions are AnyPosition and LastSnapshot,
// from where they get what is left, which may have holes before the last event
// forgotten. Messages go by count, size and age only. A snapshot and what stands
// behind it stay, messages apart, until the next snapshot or the conference's end.
type Journal interface {
	History

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

// History is the messages of a journal by themselves. A limit below 1 yields
// nothing.
type History interface {
	// Messages returns the last messages before a position, AnyPosition being the
	// end: as many as are kept, up to limit, oldest first.
	Messages(ctx context.Context, id conference.ID, before Position, limit int) ([]Entry, error)

	// MessagesAfter returns the first messages behind a position, up to limit, fewer
	// only if there are no more. If some behind it are gone the error is a
	// [*CompactedError]; that other events are gone is none. AnyPosition begins with
	// the oldest that is kept.
	MessagesAfter(ctx context.Context, id conference.ID, after Position, limit int) ([]Entry, error)
}

// Condenser is a journal that grows with every event of a conference, until a
// snapshot allows it to drop what stands before.
type Condenser interface {
	// WantsSnapshot reports whether the conference should append a
	// [conference.Snapshot]: because there are many events since the last one, or
	// because some could not be kept. It does not block.
	WantsSnapshot(id conference.ID) bool
}

// Entry is an event at its position.
type Entry struct {
	Position Position
	Event    conference.Event
}

// ErrBusy is the error of a journal that has more to write than it may hold:
// later it will take it.
var ErrBusy = errors.New("journal: too much waits to be written")

// ErrUnavailable is in the error of a journal that cannot be written, or read, at
// present, as when the disk is full. Nothing was taken; later may do.
var ErrUnavailable = errors.New("journal: cannot be written or read at present")

// ErrDamaged is in the error of a journal that cannot be read any more: no later
// try will do.
var ErrDamaged = errors.New("journal: damaged")

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
