package confinfo

import "slices"

// Status is the state of an endpoint.
type Status string

// The values of endpoint/status.
const (
	StatusPending       Status = "pending"
	StatusDialingOut    Status = "dialing-out"
	StatusDialingIn     Status = "dialing-in"
	StatusAlerting      Status = "alerting"
	StatusOnHold        Status = "on-hold"
	StatusConnected     Status = "connected"
	StatusMutedViaFocus Status = "muted-via-focus"
	StatusDisconnecting Status = "disconnecting"
	StatusDisconnected  Status = "disconnected"
)

// JoiningMethod says how an endpoint came in.
type JoiningMethod string

// The values of endpoint/joining-method.
const (
	DialedIn   JoiningMethod = "dialed-in"
	DialedOut  JoiningMethod = "dialed-out"
	FocusOwner JoiningMethod = "focus-owner"
)

// DisconnectionMethod says how an endpoint went.
type DisconnectionMethod string

// The values of endpoint/disconnection-method.
const (
	Departed DisconnectionMethod = "departed"
	Booted   DisconnectionMethod = "booted"
	Failed   DisconnectionMethod = "failed"
	Busy     DisconnectionMethod = "busy"
)

// MediaStatus is the direction of a stream from the participant's view.
type MediaStatus string

// The values of media/status.
const (
	RecvOnly MediaStatus = "recvonly"
	SendOnly MediaStatus = "sendonly"
	SendRecv MediaStatus = "sendrecv"
	Inactive MediaStatus = "inactive"
)

// known returns v if it is one of list, else "": a value that the schema does
// not name is neither written nor kept when read. [NOT-NFY-10] [PAR-SUB-09]
func known[T ~string](v T, list ...T) T {
	if slices.Contains(list, v) {
		return v
	}
	return ""
}

func (s Status) known() Status {
	return known(s, StatusPending, StatusDialingOut, StatusDialingIn, StatusAlerting, StatusOnHold,
		StatusConnected, StatusMutedViaFocus, StatusDisconnecting, StatusDisconnected)
}

func (m JoiningMethod) known() JoiningMethod { return known(m, DialedIn, DialedOut, FocusOwner) }

func (m DisconnectionMethod) known() DisconnectionMethod {
	return known(m, Departed, Booted, Failed, Busy)
}

func (s MediaStatus) known() MediaStatus { return known(s, RecvOnly, SendOnly, SendRecv, Inactive) }
