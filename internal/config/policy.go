package config

import "time"

// Join says who may join a conference.
type Join string

// The ways of joining.
const (
	JoinOpen      Join = "open"      // everybody with an identity
	JoinMembers   Join = "members"   // the members listed
	JoinModerated Join = "moderated" // whom a moderator lets in
)

// Entitled says who in a conference may do something.
type Entitled string

// The circles of users, each within the one before.
const (
	Participants Entitled = "participants"
	Moderators   Entitled = "moderators"
	Owner        Entitled = "owner"
)

// Policy is what holds in one conference. In the file each key may be left out:
// a conference then takes it from defaults, and those from the built-in values; but
// for End.MaxDuration, which is no limit in a reserved conference that names none.
type Policy struct {
	Join            Join
	Invite          Entitled
	Remove          Entitled
	PrivateMessages bool
	Nicknames       bool
	History         History
	MaxUsers        int // 0 for no limit
	End             End
}

// History says what is kept of a conference and shown to who comes later.
type History struct {
	Keep    int  // messages
	Replay  int  // messages
	Durable bool // survives a restart

	MaxAge time.Duration // of what is shown; 0 for no limit
}

// End says when a conference ends beyond its last user's leaving.
type End struct {
	OnCreatorLeave bool
	EmptyAfter     time.Duration // stays alive empty for so long
	MaxDuration    time.Duration // 0 for no limit
}

// reserved is what a reserved conference takes from the defaults: their longest
// duration is for the conferences of the factory (D-16).
func (p Policy) reserved() Policy {
	p.End.MaxDuration = 0
	return p
}
