package conference

import (
	"fmt"
	"time"
)

// Direction is the direction of the message stream as the participant sees it.
type Direction uint8

// The directions.
const (
	SendRecv Direction = iota
	SendOnly
	RecvOnly
	Inactive
	NoStream // the message stream was given up, port 0
)

// String returns the SDP attribute's name, "none" for NoStream.
func (d Direction) String() string {
	switch d {
	case SendRecv:
		return "sendrecv"
	case SendOnly:
		return "sendonly"
	case RecvOnly:
		return "recvonly"
	case Inactive:
		return "inactive"
	case NoStream:
		return "none"
	}
	return fmt.Sprintf("direction(%d)", uint8(d))
}

// Sends reports whether the participant may send messages.
func (d Direction) Sends() bool { return d == SendRecv || d == SendOnly }

// Receives reports whether the participant takes messages.
func (d Direction) Receives() bool { return d == SendRecv || d == RecvOnly }

// Method is how an endpoint came into the conference, RFC 4575 §5.7.4.
type Method uint8

// The joining methods.
const (
	DialedIn Method = iota
	DialedOut
)

// String returns the value of joining-method.
func (m Method) String() string {
	if m == DialedOut {
		return "dialed-out"
	}
	return "dialed-in"
}

// Status is the value of endpoint/status, RFC 4575 §5.7.3, without those that
// are gone through in the moment of leaving. The statuses before
// StatusConnected hold a place but carry no messages.
type Status uint8

// The statuses, in the order of the way into the conference.
const (
	StatusPending    Status = iota // invitation accepted, no INVITE sent yet
	StatusDialingOut               // our INVITE is out
	StatusAlerting                 // and was answered 180
	StatusDialingIn                // INVITE received, not answered yet
	StatusConnected                // our 2xx was sent, or received
	StatusOnHold                   // connected, and the message stream inactive
)

// String returns the value as the document writes it.
func (s Status) String() string {
	switch s {
	case StatusPending:
		return "pending"
	case StatusDialingOut:
		return "dialing-out"
	case StatusAlerting:
		return "alerting"
	case StatusDialingIn:
		return "dialing-in"
	case StatusConnected:
		return "connected"
	case StatusOnHold:
		return "on-hold"
	}
	return fmt.Sprintf("status(%d)", uint8(s))
}

// Referral is the claim of a Referred-By, RFC 3892 and RFC 4575 §5.7.2.
type Referral struct {
	By     User
	At     time.Time
	Reason string
}

// Endpoint is one device of a participant: one INVITE dialog.
type Endpoint struct {
	ID          EndpointID
	Participant *Participant

	// What it said of itself; shown to owner and administration only.
	Contact  string // remote target as received
	Instance string // +sip.instance, or a Contact with gr; empty: unknown
	Device   string // a name for display

	Method   Method
	By       User // who invited it
	Hidden   bool // not to be shown to others than By before it has connected, D-26
	Referred *Referral
	Replaces EndpointID // whose place it takes when it connects

	JoinedAt time.Time // when it connected
	Media    Direction // as negotiated
	LostAt   time.Time // when its leg was lost without BYE; zero: it was not
	Return   Return    // set when it connects; zero: its device is a new one

	reached      Status // StatusPending to StatusConnected
	acknowledged Position
}

// Connected reports whether the endpoint's dialog is confirmed.
func (e *Endpoint) Connected() bool { return e.reached == StatusConnected }

// Status returns the status to show for the endpoint.
func (e *Endpoint) Status() Status {
	if e.Connected() && e.Media == Inactive {
		return StatusOnHold
	}
	return e.reached
}

// MediaStatus returns the direction to show for the message stream: inactive
// while the leg is lost. [MIX-06]
func (e *Endpoint) MediaStatus() Direction {
	if !e.LostAt.IsZero() && e.Media != NoStream {
		return Inactive
	}
	return e.Media
}
