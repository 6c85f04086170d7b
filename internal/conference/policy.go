package conference

import (
	"fmt"
	"time"
)

// Policy is what a conference allows and how it ends. The keys of the
// configuration are named beside the fields.
type Policy struct {
	Join             Join          // join
	Invite           Right         // invite
	Remove           Right         // remove
	PrivateMessages  bool          // private_messages
	Nicknames        bool          // nicknames
	Quarantine       time.Duration // mixer.nickname_quarantine: how long the name of one who left is nobody else's
	History          History       // history
	MaxUsers         int           // max_users; 0: no limit
	EndpointsPerUser int           // limits.endpoints_per_user; 0: no limit
	CreateTimeout    time.Duration // create.timeout: how long setting up may last while nobody got in
	Grace            time.Duration // media.grace: how long a lost leg is waited for
	End              Ending        // end
}

// History says what is kept of the messages.
type History struct {
	Keep    int  // messages kept
	Replay  int  // messages shown to a newcomer
	Durable bool // survives the end of the conference and of the server

	MaxAge time.Duration // what is older is not shown any more; 0: no limit
}

// Ending says when a conference ends by itself.
type Ending struct {
	OnCreatorLeave bool          // when the owner leaves; the default of RFC 4579 §5.12, off here
	EmptyAfter     time.Duration // after the last user left
	MaxDuration    time.Duration // after the start; 0: no limit
}

// DefaultPolicy returns the policy that is in force where the configuration
// says nothing.
func DefaultPolicy() Policy {
	return Policy{
		Join:             JoinOpen,
		Invite:           Participants,
		Remove:           Moderators,
		PrivateMessages:  true,
		Nicknames:        true,
		Quarantine:       5 * time.Minute,
		History:          History{Keep: 200, Replay: 20},
		MaxUsers:         1000,
		EndpointsPerUser: 5,
		CreateTimeout:    time.Minute,
		Grace:            time.Minute,
		End:              Ending{MaxDuration: 24 * time.Hour},
	}
}

// Join says who may join.
type Join uint8

// The values of Join.
const (
	JoinOpen      Join = iota // every verified user
	JoinMembers               // members, moderators and the owner
	JoinModerated             // moderators and the owner; others need approval
)

// String returns the configuration's word.
func (j Join) String() string {
	switch j {
	case JoinOpen:
		return "open"
	case JoinMembers:
		return "members"
	case JoinModerated:
		return "moderated"
	}
	return fmt.Sprintf("join(%d)", uint8(j))
}

// MarshalText implements encoding.TextMarshaler.
func (j Join) MarshalText() ([]byte, error) { return []byte(j.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (j *Join) UnmarshalText(text []byte) error {
	for v := JoinOpen; v <= JoinModerated; v++ {
		if v.String() == string(text) {
			*j = v
			return nil
		}
	}
	return fmt.Errorf("conference: join is %q, not open, members or moderated", text)
}

// Right says who may do something.
type Right uint8

// The values of Right.
const (
	Participants Right = iota // every connected user
	Moderators                // moderators and the owner
	OwnerOnly                 // the owner
)

// String returns the configuration's word.
func (r Right) String() string {
	switch r {
	case Participants:
		return "participants"
	case Moderators:
		return "moderators"
	case OwnerOnly:
		return "owner"
	}
	return fmt.Sprintf("right(%d)", uint8(r))
}

// MarshalText implements encoding.TextMarshaler.
func (r Right) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (r *Right) UnmarshalText(text []byte) error {
	for v := Participants; v <= OwnerOnly; v++ {
		if v.String() == string(text) {
			*r = v
			return nil
		}
	}
	return fmt.Errorf("conference: right is %q, not participants, moderators or owner", text)
}

// Role is what a user is in a conference, in rising order of rights.
type Role uint8

// The roles.
const (
	RoleParticipant Role = iota
	RoleModerator
	RoleOwner
)

// String returns the word for roles/entry of RFC 4575 §5.6.3.
func (r Role) String() string {
	switch r {
	case RoleParticipant:
		return "participant"
	case RoleModerator:
		return "moderator"
	case RoleOwner:
		return "owner"
	}
	return fmt.Sprintf("role(%d)", uint8(r))
}

// allows reports whether somebody of role may use the right.
func (r Right) allows(role Role) bool {
	switch r {
	case Participants:
		return true
	case Moderators:
		return role >= RoleModerator
	case OwnerOnly:
		return role >= RoleOwner
	}
	return false
}
