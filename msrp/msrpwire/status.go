package msrpwire

// Response codes of RFC 4975 §10, RFC 4976 §10.3 and RFC 7701 §10.3.
const (
	StatusOK                  = 200
	StatusBadRequest          = 400 // not intelligible
	StatusUnauthorized        = 401 // AUTH at a relay
	StatusForbidden           = 403 // not allowed, do not repeat
	StatusNotFound            = 404 // CPIM recipient unknown
	StatusTimeout             = 408 // made by relays and by a local timer, never sent by an endpoint
	StatusStopSending         = 413 // stop sending this message
	StatusUnsupportedMedia    = 415 // media type not accepted
	StatusIntervalOutOfBounds = 423 // AUTH at a relay
	StatusNicknameMalformed   = 424
	StatusNicknameInUse       = 425
	StatusPrivateNotSupported = 428 // recipient takes no private messages
	StatusNoSuchSession       = 481
	StatusUnknownMethod       = 501
	StatusBoundElsewhere      = 506 // session bound to another connection

	statusHighest = 999
)

// StatusComment returns the usual comment for a response code, "" if there is
// none.
func StatusComment(status int) string {
	switch status {
	case StatusOK:
		return "OK"
	case StatusBadRequest:
		return "Bad request"
	case StatusUnauthorized:
		return "Unauthorized"
	case StatusForbidden:
		return "Forbidden"
	case StatusNotFound:
		return "Recipient unknown"
	case StatusTimeout:
		return "Timeout"
	case StatusStopSending:
		return "Stop sending this message"
	case StatusUnsupportedMedia:
		return "Unsupported media type"
	case StatusIntervalOutOfBounds:
		return "Interval out of bounds"
	case StatusNicknameMalformed:
		return "Malformed nickname"
	case StatusNicknameInUse:
		return "Nickname reserved or already in use"
	case StatusPrivateNotSupported:
		return "Private messages not supported"
	case StatusNoSuchSession:
		return "No such session"
	case StatusUnknownMethod:
		return "Unknown method"
	case StatusBoundElsewhere:
		return "Session bound to another connection"
	default:
		return ""
	}
}
