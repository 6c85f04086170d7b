package msrpwire

import "fmt"

// Error says why a message was refused.
type Error struct {
	// Status is the response code, 0 if the message cannot be answered at all.
	Status int
	// Comment says what is wrong, fit for the start line of a response.
	Comment string
	// Fatal means that the framing is lost or a limit was passed: answer if
	// Status and the head allow it, then close the connection.
	Fatal bool
}

// Error implements error.
func (e *Error) Error() string {
	if e.Status == 0 {
		return "msrp: " + e.Comment
	}
	return fmt.Sprintf("msrp: %d %s", e.Status, e.Comment)
}

// Is reports whether target is an *Error with the same Status.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Status == e.Status
}

func badRequest(comment string) *Error {
	return &Error{Status: StatusBadRequest, Comment: comment}
}
