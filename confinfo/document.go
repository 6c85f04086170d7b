package confinfo

import "time"

// MediaType is the content type of a document.
const MediaType = "application/conference-info+xml"

// Namespace is the XML namespace of RFC 4575.
const Namespace = "urn:ietf:params:xml:ns:conference-info"

// namespaceXCON is that of RFC 6501, which has the nickname.
const namespaceXCON = "urn:ietf:params:xml:ns:xcon-conference-info"

// State says what part of an element a document holds (RFC 4575 §4.4).
type State uint8

// The states. Full is what a missing attribute means.
const (
	Full State = iota
	Partial
	Deleted
)

// String returns the attribute's value.
func (s State) String() string {
	return [...]string{"full", "partial", "deleted", "deleted"}[s&3]
}

// Document is a conference-info element. Fields stand in schema order. A nil
// part is absent: in a partial document that means unchanged.
type Document struct {
	Entity  string // conference URI
	State   State
	Version uint32 // per subscription, first 1

	Description     *Description // written even when nil in a full document
	Host            *Host
	ConferenceState *ConferenceState
	Users           *Users // written even when nil in a full document
}

// Description is conference-description: what hardly changes. It is atomic,
// any change sends it whole.
type Description struct {
	DisplayText      string
	Subject          string
	FreeText         string
	Keywords         []string // without white space
	ConferenceURIs   []URI
	ServiceURIs      []URI
	MaximumUserCount uint32 // 0: not stated
	AvailableMedia   []AvailableMedia
}

// URI is an entry of a list of addresses.
type URI struct {
	URI         string
	DisplayText string
	Purpose     string // "participation", "web-page", "event", …
	Modified    Execution
}

// AvailableMedia is a medium that the conference offers.
type AvailableMedia struct {
	Label       string // key
	DisplayText string
	Type        string // "message"
	Status      MediaStatus
}

// Host is host-info: who offers the conference. It is atomic.
type Host struct {
	DisplayText string
	WebPage     string
	URIs        []URI
}

// ConferenceState is conference-state. It is atomic, with all three children
// every time.
type ConferenceState struct {
	UserCount uint32
	Active    bool
	Locked    bool
}

// Users is the roster or, in a partial document, what changed in it.
type Users struct {
	State State
	List  []User
	// Written are further users, as [User.Append] wrote them: who sends the same
	// roster to many writes each user once. It plays no part in Diff and Apply.
	Written [][]byte
}

// User is a participant with all his devices.
type User struct {
	Entity   string // key
	State    State
	Nickname string // RFC 6501

	DisplayText    string
	AssociatedAORs []URI
	Roles          []string
	Languages      []string // language tags (RFC 5646)
	CascadedFocus  string
	Endpoints      []Endpoint
}

// Endpoint is one device of a user: one INVITE dialog.
type Endpoint struct {
	Entity string // key
	State  State

	DisplayText         string
	Referred            Execution
	Status              Status
	JoiningMethod       JoiningMethod
	JoiningInfo         Execution
	DisconnectionMethod DisconnectionMethod
	DisconnectionInfo   Execution
	Media               []Media
	CallInfo            CallInfo
}

// Execution says when, why and by whom something was done. A zero field is
// absent, and so is the element when all are.
type Execution struct {
	When   time.Time // written in UTC
	Reason string
	By     string // URI
}

// Media is a stream of an endpoint. It has no state: within a partial endpoint
// it replaces the one with its ID.
type Media struct {
	ID          string // key
	DisplayText string
	Type        string // "message"
	Label       string
	SourceID    string // RTP only
	Status      MediaStatus
}

// CallInfo names an endpoint's dialog; the zero value is absent.
type CallInfo struct {
	DisplayText            string
	CallID, FromTag, ToTag string
}

// IsZero reports whether nothing is known.
func (e Execution) IsZero() bool { return e.When.IsZero() && e.Reason == "" && e.By == "" }
