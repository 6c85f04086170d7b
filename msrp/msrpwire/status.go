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
	if status == StatusOK {
		return "OK"
	}
	for _, known := range [...]struct {
		status  int
		comment string
	}{
		{StatusBadRequest, "Bad request"},
		{StatusUnauthorized, "Unauthorized"},
		{StatusForbidden, "Forbidden"},
		{StatusNotFound, "Recipient unknown"},
		{StatusTimeout, "Timeout"},
		{StatusStopSending, "Stop sending this message"},
		{StatusUnsupportedMedia, "Unsupported media type"},
		{StatusIntervalOutOfBounds, "Interval out of bounds"},
		{StatusNicknameMalformed, "Malformed nickname"},
		{StatusNicknameInUse, "Nickname reserved or already in use"},
		{StatusPrivateNotSupported, "Private messages not supported"},
		{StatusNoSuchSession, "No such session"},
		{StatusUnknownMethod, "Unknown method"},
		{StatusBoundElsewhere, "Session bound to another connection"},
	} {
		if known.status == status {
			return known.comment
		}
	}
	return ""
}
