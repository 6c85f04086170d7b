package sip

import (
	"errors"

	"github.com/confab-chat/confab/sip/sipmsg"
)

// AsError returns the *Error in err's chain, or 500 with err as its cause.
func AsError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Status: 500, Cause: err}
}

// FromResponse returns the error that a final response other than 2xx stands for.
// Header holds the fields of the response that say something of their own
// (Min-Expires, Contact, WWW-Authenticate, Unsupported …), not those that only carry
// it (Via, From, To, Call-ID, CSeq, Content-*).
func FromResponse(resp *sipmsg.Response) *Error {
	e := &Error{Status: resp.Status, Reason: resp.Reason}
	e.RetryAfter, _ = resp.Header.RetryAfter()
	e.Warning = resp.Header.Value("Warning")
	for _, f := range resp.Header.Fields {
		switch f.Name {
		case "Via", "From", "To", "Call-ID", "CSeq", "Record-Route", "Max-Forwards",
			"Retry-After", "Warning", "Content-Type", "Content-Length",
			"Content-Disposition", "Content-Encoding", "Content-Language":
		default:
			e.Header = append(e.Header, f)
		}
	}
	return e
}
