package invite

import (
	"github.com/confab-chat/confab/sip/sipmsg"
)

// Cause says why a session is over.
type Cause uint8

// The causes.
const (
	// LocalBye: [Session.Bye] was called.
	LocalBye Cause = iota + 1
	// RemoteBye: the peer sent BYE; [End.Request] is that.
	RemoteBye
	// Cancelled: CANCEL, or BYE before our 2xx, overtook [Incoming.Accept].
	Cancelled
	// Unacknowledged: no ACK to our 2xx came within 64·T1.
	Unacknowledged
	// Unanswered: the ACK brought no answer to the offer in our 2xx.
	Unanswered
	// Lost: a request of ours in the dialog was answered 408 or 481 or not at all;
	// [End.Err] says which.
	Lost
)

// String returns the cause in lower case.
func (c Cause) String() string {
	switch c {
	case LocalBye:
		return "local bye"
	case RemoteBye:
		return "remote bye"
	case Cancelled:
		return "cancelled"
	case Unacknowledged:
		return "unacknowledged"
	case Unanswered:
		return "unanswered"
	case Lost:
		return "lost"
	default:
		return "unknown"
	}
}

// End tells how a session ended.
type End struct {
	Cause Cause
	// Request is the peer's BYE or CANCEL, if there was one. Its Reason field
	// (RFC 3326) says more.
	Request *sipmsg.Request
	// Err is set for Lost, Unacknowledged and Unanswered if an error is known.
	Err error
}
