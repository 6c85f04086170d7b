package msrp

import (
	"errors"

	"github.com/confab-chat/confab/msrp/msrpwire"
)

// Error is a refusal with its response code.
type Error = msrpwire.Error

// Why sessions and connections end, besides the errors of the network and an
// *Error with status 481 or 506 that the peer answered.
var (
	ErrUnbound   = errors.New("msrp: session not bound in time")
	ErrNoAnswer  = errors.New("msrp: peer answers no requests")
	ErrStalled   = errors.New("msrp: peer takes no octets")
	ErrCongested = errors.New("msrp: output congested for too long")
	ErrShutdown  = errors.New("msrp: endpoint shut down")
	ErrEnd       = errors.New("msrp: peer closed the connection")
	errIdle      = errors.New("msrp: connection without session")
	errSlow      = errors.New("msrp: request too slow")
	errBadPeer   = errors.New("msrp: too many failed requests")
)

// refusal is the *Error for a status with its usual comment.
func refusal(status int) *Error {
	return &Error{Status: status, Comment: msrpwire.StatusComment(status)}
}

// asError turns what a handler returned into a refusal. Anything but an *Error
// with a status that an endpoint may answer with means 403.
func asError(err error) *Error {
	var e *Error
	if errors.As(err, &e) && answers(e.Status) {
		return e
	}
	return refusal(msrpwire.StatusForbidden)
}

// answers reports whether an endpoint answers requests with a status: 401, 408 and
// 423 are relays' affair, and no other is registered. RFC 4975 §10, RFC 7701
// §10.3. [MSRP-RSP-07]
func answers(status int) bool {
	switch status {
	case msrpwire.StatusBadRequest, msrpwire.StatusForbidden, msrpwire.StatusNotFound,
		msrpwire.StatusStopSending, msrpwire.StatusUnsupportedMedia,
		msrpwire.StatusNicknameMalformed, msrpwire.StatusNicknameInUse, msrpwire.StatusPrivateNotSupported,
		msrpwire.StatusNoSuchSession, msrpwire.StatusUnknownMethod, msrpwire.StatusBoundElsewhere:
		return true
	}
	return false
}
