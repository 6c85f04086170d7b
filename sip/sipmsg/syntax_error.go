package sipmsg

import (
	"errors"
	"strconv"
)

// ErrIncomplete says that the octets end before the message does: read more.
var ErrIncomplete = errors.New("sipmsg: message incomplete")

// SyntaxError says why octets are no valid SIP message.
type SyntaxError struct {
	// Field names the place: a header field, "Request-Line", "Status-Line",
	// "header", "body", or for a value parsed by itself its kind ("URI").
	Field string
	// Problem says what is wrong, in words fit for a log or a reason phrase.
	Problem string
	// Status is the answer a request with this fault gets: 400, 413, 414, 501 or
	// 505. A response with a fault is dropped, whatever Status says.
	Status int
	// Fatal says that the end of the message is unknown: after an answer the
	// stream it came on has to be closed (RFC 3261 §18.3).
	Fatal bool
}

func (e *SyntaxError) Error() string {
	return "sip: " + strconv.Itoa(e.Status) + " " + e.Field + ": " + e.Problem
}

// malformed is a SyntaxError with status 400.
func malformed(field, problem string) *SyntaxError {
	return &SyntaxError{Field: field, Problem: problem, Status: 400}
}

// AsSyntaxError returns err as *SyntaxError, nil if it is none.
func AsSyntaxError(err error) *SyntaxError {
	var e *SyntaxError
	if errors.As(err, &e) {
		return e
	}
	return nil
}
