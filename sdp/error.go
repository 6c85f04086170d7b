package sdp

import "strconv"

// StatusNotAcceptable is the SIP status an [Error] asks for.
const StatusNotAcceptable = 488

// Warning codes of RFC 3261 §20.43 that an [Error] carries.
const (
	WarnTransport = 302 // incompatible transport protocol
	WarnMedia     = 304 // media type not available
	WarnFormat    = 305 // incompatible media format
	WarnOther     = 399 // miscellaneous
)

// Error says why a description cannot be accepted.
type Error struct {
	Status int    // SIP status, 488
	Code   int    // Warning code
	Text   string // Warning text; holds neither quotes nor control characters
}

// Error implements error.
func (e *Error) Error() string { return "sdp: " + e.Text }

// Is reports whether target is an [*Error] with the same Warning code, so that
// errors.Is works with a bare &Error{Code: …}.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code && (t.Text == "" || t.Text == e.Text)
}

// Warning returns the value of a Warning header field; agent is the host that
// adds it.
func (e *Error) Warning(agent string) string {
	return strconv.Itoa(e.Code) + " " + agent + ` "` + e.Text + `"`
}

func refuse(code int, text string) *Error {
	return &Error{Status: StatusNotAcceptable, Code: code, Text: text}
}

func malformed(text string) *Error { return refuse(WarnOther, text) }
