package conference

// ID is the canonical conference URI, for example
// "sip:lobby@conf.example.test". IDs are compared octet by octet.
type ID string

// Identity is a verified address of record in canonical form, for example
// "sip:alice@example.test" or "tel:+15551234". Identities are compared octet by
// octet. The identity of a user who asked for privacy is shown to nobody but
// owner and administration.
type Identity string

// User is the URI under which a user is seen by everybody: the identity, or an
// anonymous URI. It is the key of the roster.
type User string

// EndpointID names one endpoint of a user, unique in the conference. It is
// chosen by the focus, at random, and reveals nothing of the device.
type EndpointID string

// Position is the place of an event in the journal of its conference. Positions
// grow strictly; zero stands before the first event. The position of a [Posted]
// event is the message's place in the order of the conference.
type Position uint64

// Command is something that somebody wants to happen in a conference. The set
// is closed: the commands are the types of this package that implement it.
type Command interface {
	// decide appends the events that follow from the command to out.
	decide(s *State, out []Event) ([]Event, error)
}

// Event is something that has happened in a conference. Events are values that
// nobody changes any more; what they point to is shared. The set is closed.
type Event interface {
	// Kind names the event's type, the same in every version.
	Kind() Kind
	apply(s *State)
}

// Kind names the type of an event in journals, logs and metrics.
type Kind string

// The kinds of events.
const (
	KindCreated      Kind = "created"
	KindAdmitted     Kind = "admitted"
	KindAdvanced     Kind = "advanced"
	KindMasked       Kind = "masked"
	KindConnected    Kind = "connected"
	KindDeparted     Kind = "departed"
	KindLegLost      Kind = "leg_lost"
	KindLegBack      Kind = "leg_back"
	KindMediaSet     Kind = "media_set"
	KindPosted       Kind = "posted"
	KindLockSet      Kind = "lock_set"
	KindBarred       Kind = "barred"
	KindUnbarred     Kind = "unbarred"
	KindRoleSet      Kind = "role_set"
	KindApprovalSet  Kind = "approval_set"
	KindNicknamed    Kind = "nicknamed"
	KindAcknowledged Kind = "acknowledged"
	KindChanged      Kind = "changed"
	KindResumed      Kind = "resumed"
	KindSnapshot     Kind = "snapshot"
	KindEnded        Kind = "ended"
)

// Decide answers what follows from c in the state s: the events to append to
// the journal, in order, or a [*Refusal]. No events and no error means that c
// changes nothing, which is what the repetition of a message or of a leave
// gets. Decide changes neither s nor c.
func Decide(s *State, c Command) ([]Event, error) {
	return c.decide(s, nil)
}

// AppendDecision is [Decide] with the events appended to dst, for callers that
// keep a buffer. On error it returns dst as it was.
func AppendDecision(dst []Event, s *State, c Command) ([]Event, error) {
	out, err := c.decide(s, dst)
	if err != nil {
		return dst, err
	}
	return out, nil
}
