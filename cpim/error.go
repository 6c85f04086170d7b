package cpim

import (
	"errors"
	"fmt"
)

// MSRP response codes that refuse a CPIM object.
const (
	statusBadRequest = 400 // the object cannot be understood, or can be in two ways
	statusForbidden  = 403 // it can, but says what its sender must not say
)

// Error says why an object was refused.
type Error struct {
	Status  int    // 400 or 403
	Comment string // fit for the start line of a response
}

// Error implements error.
func (e *Error) Error() string { return fmt.Sprintf("cpim: %d %s", e.Status, e.Comment) }

// Is reports whether target is an *Error with the same Status.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Status == e.Status
}

func malformed(comment string) *Error { return &Error{Status: statusBadRequest, Comment: comment} }
func forbidden(comment string) *Error { return &Error{Status: statusForbidden, Comment: comment} }

// ErrUnwritable is wrapped by the errors of Draft.Append.
var ErrUnwritable = errors.New("cpim: cannot be written")

func unwritable(what string) error { return fmt.Errorf("%w: %s", ErrUnwritable, what) }
