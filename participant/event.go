package participant

import (
	"strings"
	"time"

	"github.com/confab-chat/confab/imdn"
)

// Event is something that happened in a conference: [Message], [Roster],
// [Typing], [Delivered], [Failed], [Notified], [Referral], [Overflow], [Problem] or [Left].
type Event interface {
	// octets is about what the event takes in memory.
	octets() int
}

// Message is a message of the conference, received or to be sent. For
// [Conference.SendMessage] To, ContentType, Body, Ask and, for a repetition, ID count;
// the other fields are filled in.
type Message struct {
	// From is the URI of the sender, To that of the conference or, for a private
	// message, of one participant; an empty To is the conference.
	From, To string
	// Private says that the message came, or goes, to one participant only.
	Private bool
	// ContentType is the media type of Body with its parameters; empty means
	// "text/plain; charset=utf-8".
	ContentType string
	// Body is not changed once it is handed over.
	Body []byte
	// ID is the MSRP Message-ID; empty: a fresh one.
	ID string
	// Ask is what each recipient is asked to tell the sender (RFC 5438). By itself the
	// package answers the requests for delivery that come in; [Conference.Displayed]
	// answers those for display. An anonymous user asks for nothing. [IMDN-07]
	Ask imdn.Request
	// Time is when the sender says it was sent, or when it came in if that is not
	// said.
	Time time.Time
	// Display is the sender's name as the message has it, chosen by the sender and
	// no proof of anything.
	Display string
	// Nickname is that of the sender as the roster has it.
	Nickname string
	// History marks a message from before the join, and Seq is the place in the
	// conference's order, 0 if it is not told; a server other than confab tells
	// neither. [SW-HIS-03]
	History bool
	Seq     uint64
}

// Text returns the body of a text message, "" for other types.
func (m *Message) Text() string {
	if !strings.HasPrefix(strings.ToLower(m.ContentType), "text/") {
		return ""
	}
	return string(m.Body)
}

// Roster tells that the roster has changed. A newer one takes the place of one
// that nobody has fetched yet. Users is shared: it is not to be changed.
type Roster struct{ Users []User }

// User is an entry of the roster.
type User struct {
	URI      string
	Display  string
	Nickname string
	Roles    []string
	// Status is that of the endpoint that is most present: "connected", "on-hold",
	// "alerting", "disconnected" and the like (RFC 4575 §5.7.3).
	Status string
}

// Delivered tells that the conference has taken a message for everybody it is for.
type Delivered struct{ ID string }

// Failed tells that a message did not get through. Status is an MSRP response
// code; 0 for a message whose fate is unknown, since the conference was left, or
// too much was sent, before it was confirmed. [MSRP-RPT-11]
type Failed struct {
	ID     string
	Status int
	Reason string
}

// Overflow tells that events before it were dropped, for nobody fetched them.
type Overflow struct{ Dropped int }

// Problem tells of a failure that is not the end of the conference: there is no
// roster, or a message cannot be shown. Status is that of SIP or MSRP, 0 if there
// is none.
type Problem struct {
	Status int
	Reason string
}

// Left is the last event. Reason says why in words.
type Left struct {
	Reason string
	// ByFocus tells a BYE of the focus from one of ours and from a failure.
	ByFocus bool
	// Err is set if a failure ended the conference.
	Err error
}

const eventSize = 128 // octets of a small event, about

func (m Message) octets() int   { return eventSize + len(m.Body) + len(m.From) + len(m.To) }
func (r Roster) octets() int    { return eventSize * (1 + len(r.Users)) }
func (e Delivered) octets() int { return eventSize }
func (e Failed) octets() int    { return eventSize }
func (e Overflow) octets() int  { return eventSize }
func (e Problem) octets() int   { return eventSize }
func (e Left) octets() int      { return eventSize }
