package transaction

import (
	"errors"
	"strconv"
)

// An Error is the end of a transaction that got no final response, or whose
// final response did not arrive.
type Error struct {
	// Status is the response that the failure counts as (RFC 3261 §8.1.3.1):
	// 408 for a timeout, 503 for a failure of the transport.
	Status int
	// Cause is the error of the transport, nil for a timeout.
	Cause error
}

// ErrTimeout says that no response, or no ACK, came in 64*T1. Compare with
// errors.Is.
var ErrTimeout error = &Error{Status: 408}

// ErrClosed says that the layer was closed.
var ErrClosed = errors.New("sip transaction: layer closed")

func (f *Error) Error() string {
	if f.Cause == nil {
		return "sip transaction: timed out"
	}
	return "sip transaction: " + strconv.Itoa(f.Status) + ": " + f.Cause.Error()
}

// Unwrap returns the cause.
func (f *Error) Unwrap() error { return f.Cause }

// Is reports whether target is an Error of the same status.
func (f *Error) Is(target error) bool {
	var other *Error
	return errors.As(target, &other) && other.Status == f.Status
}

// unreachable is the failure for an error of the transport.
func unreachable(cause error) error { return &Error{Status: 503, Cause: cause} }
