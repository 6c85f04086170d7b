package sip

import (
	"strconv"
	"time"

	"github.com/confab-chat/confab/sip/sipmsg"
)

// Error is a failure that is, or becomes, a SIP response.
type Error struct {
	// Status is from 300 to 699.
	Status int
	// Reason is the phrase; empty means the standard one.
	Reason string
	// RetryAfter, if positive, is written as Retry-After in whole seconds,
	// rounded up.
	RetryAfter time.Duration
	// Warning, if not empty, is the value of a Warning field.
	Warning string
	// Header holds further fields of the response.
	Header []sipmsg.Field
	// Body of the response, whose Content-Type is in Header; nil: none.
	Body []byte
	// Cause is the error behind this one, if there is any; it is not sent.
	Cause error
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Error returns status and phrase.
func (e *Error) Error() string {
	s := "sip: " + strconv.Itoa(e.Status) + " " + e.phrase()
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	return s
}

func (e *Error) phrase() string {
	if e.Reason != "" {
		return e.Reason
	}
	return sipmsg.ReasonPhrase(e.Status)
}

// Is reports whether target is an *Error with the same status, so that
// errors.Is(err, &sip.Error{Status: 486}) asks for a code.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Status == e.Status
}

// Response makes the response to req. It has no To tag yet.
func (e *Error) Response(req *sipmsg.Request) *sipmsg.Response {
	resp := sipmsg.NewResponse(req, e.Status, e.phrase())
	if e.RetryAfter > 0 {
		seconds := int64((e.RetryAfter + time.Second - 1) / time.Second)
		resp.Header.Add("Retry-After", strconv.FormatInt(seconds, 10))
	}
	if e.Warning != "" {
		resp.Header.Add("Warning", e.Warning)
	}
	resp.Header.Fields = append(resp.Header.Fields, e.Header...)
	resp.Body = e.Body
	return resp
}

// FromSyntax returns the answer to a message with a syntax error.
func FromSyntax(e *sipmsg.SyntaxError) *Error {
	return &Error{Status: e.Status, Reason: sipmsg.ReasonPhrase(e.Status) + " (" + e.Field + ": " + e.Problem + ")"}
}
