package conference

import (
	"errors"
	"strconv"
)

// Code says why a command was refused.
type Code uint8

// The codes of refusals.
const (
	_                    Code = iota
	CodeNotAlive              // the conference is not created, or has ended
	CodeAlreadyAlive          // Create for a conference that is alive
	CodeFull                  // no place left: Policy.MaxUsers
	CodeTooManyEndpoints      // Policy.EndpointsPerUser
	CodeLocked                // locked to newcomers
	CodeBarred                // removed earlier and not invited again
	CodeNotMember             // joining is for members only
	CodeNotApproved           // joining needs an approval that is not there
	CodeNotStarted            // nobody who may start the conference has joined yet
	CodeNotAllowed            // the issuer lacks the right
	CodeNoSuchUser            // the named user is not in the conference
	CodeNoSuchEndpoint        // the named endpoint is not in the conference
	CodeEndpointTaken         // Admit with an endpoint id that is in use
	CodeNotConnected          // the endpoint is not connected, or may not send
	CodeAlreadyConnected      // the endpoint is past the step that was asked for
	CodeBadNickname           // it holds what no nickname may
	CodeNicknameTaken         // it is another's, or sounds like it
)

// String returns the code in words, for logs and the text of a Warning.
func (c Code) String() string {
	words := [...]string{
		CodeNotAlive:         "conference is not running",
		CodeAlreadyAlive:     "conference is running already",
		CodeFull:             "conference is full",
		CodeTooManyEndpoints: "too many endpoints of this user",
		CodeLocked:           "conference is locked",
		CodeBarred:           "removed from this conference",
		CodeNotMember:        "not a member",
		CodeNotApproved:      "not approved",
		CodeNotStarted:       "conference has not been started",
		CodeNotAllowed:       "not allowed",
		CodeNoSuchUser:       "no such participant",
		CodeNoSuchEndpoint:   "no such endpoint",
		CodeEndpointTaken:    "endpoint id in use",
		CodeNotConnected:     "not connected",
		CodeAlreadyConnected: "already connected",
		CodeBadNickname:      "malformed nickname",
		CodeNicknameTaken:    "nickname reserved or already in use",
	}
	if c == 0 || int(c) >= len(words) {
		return "code " + strconv.Itoa(int(c))
	}
	return words[c]
}

// Refusal is the error of a command that the state does not allow.
type Refusal struct { //nolint:errname // a refusal is an answer, not a fault
	Code Code
}

// Error implements error.
func (r *Refusal) Error() string { return "conference: " + r.Code.String() }

// Is reports whether target is a refusal with the same code.
func (r *Refusal) Is(target error) bool {
	t, ok := target.(*Refusal)
	return ok && t.Code == r.Code
}

// CodeOf returns the code of the refusal in err's chain, zero if there is none.
func CodeOf(err error) Code {
	if r, ok := errors.AsType[*Refusal](err); ok {
		return r.Code
	}
	return 0
}

func refuse(c Code) error { return &Refusal{Code: c} }
