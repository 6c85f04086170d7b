package conference

import (
	"iter"
	"maps"
	"slices"
	"time"
)

// Phase is where a conference stands in its life.
type Phase uint8

// The phases.
const (
	PhaseUnborn   Phase = iota // not created
	PhaseCreating              // created, and nobody has got in yet
	PhaseActive                // somebody has got in
	PhaseEnded                 // over; a further Created begins a new life
)

// String returns the phase's name.
func (p Phase) String() string {
	switch p {
	case PhaseUnborn:
		return "unborn"
	case PhaseCreating:
		return "creating"
	case PhaseActive:
		return "active"
	case PhaseEnded:
		return "ended"
	}
	return "unknown"
}

// State is a conference after some number of events. The zero value is a
// conference that has not been created. Methods that return pointers lend
// them: callers neither change what they point to nor keep them after the next
// Apply.
type State struct {
	position Position

	// Facts of this life, from Created and what changed since.
	created    Created
	members    Circle
	starters   map[Identity]struct{}
	moderators map[Identity]struct{}

	// What changes.
	alive    bool
	over     bool
	end      EndCause // if over
	locked   bool
	barred   map[Identity]struct{}
	approved map[Identity]struct{}
	expected map[Identity]time.Time // invited users who may come by themselves, and until when
	begun    bool                   // somebody of the starters has joined
	roster   roster
	recent   recentIDs

	nicknames nicknames
	marks     []DeviceMark // of devices that have left, oldest first

	// What ends it: see timeout.go.
	arrived    int         // endpoints that got in, for good
	activity   time.Time   // last step of somebody who wants to get in
	emptySince time.Time   // while nobody is connected, since when
	ownerDue   time.Time   // when the owner's absence ends the conference
	lostLegs   []*Endpoint // by time of loss
	absent     absentees
}

// Apply takes the event e, which the journal holds at position at, into the
// state. Events that do not fit the state change nothing but the position.
func (s *State) Apply(at Position, e Event) {
	e.apply(s)
	s.position = at
}

// Position returns the position of the last event applied.
func (s *State) Position() Position { return s.position }

// Phase returns where the conference stands.
func (s *State) Phase() Phase {
	switch {
	case s.over:
		return PhaseEnded
	case !s.alive:
		return PhaseUnborn
	case s.arrived == 0:
		return PhaseCreating
	}
	return PhaseActive
}

// Alive reports whether the conference is created and has not ended.
func (s *State) Alive() bool { return s.alive }

// ID returns the conference URI, empty before creation.
func (s *State) ID() ID { return s.created.ID }

// Origin says how the conference URI was allocated.
func (s *State) Origin() Origin { return s.created.Origin }

// CreatedAt returns when the conference was created.
func (s *State) CreatedAt() time.Time { return s.created.At }

// Subject returns the conference's subject, which may be empty.
func (s *State) Subject() string { return s.created.Subject }

// Owner returns the identity of the owner, empty if there is none.
func (s *State) Owner() Identity { return s.created.Owner }

// Policy returns the policy in force.
func (s *State) Policy() Policy { return s.created.Policy }

// Locked reports whether the conference is locked to newcomers.
func (s *State) Locked() bool { return s.locked }

// Bars returns those who may not come back, in the order of their addresses.
func (s *State) Bars() []Identity { return slices.Sorted(maps.Keys(s.barred)) }

// Barred reports whether the user was removed and may not come back.
func (s *State) Barred(id Identity) bool {
	_, ok := s.barred[id]
	return ok
}

// Role returns the role that id has, or would have, in the conference.
func (s *State) Role(id Identity) Role {
	if id != "" && id == s.created.Owner {
		return RoleOwner
	}
	if _, ok := s.moderators[id]; ok {
		return RoleModerator
	}
	return RoleParticipant
}

// UserCount returns the number of users with a connected endpoint, which is the
// user-count of RFC 4575 §5.4.
func (s *State) UserCount() int { return s.roster.connected }

// Places returns how many users hold a place at the time now: those in the
// roster, pending ones included, and those lost without BYE a moment ago.
func (s *State) Places(now time.Time) int {
	return len(s.roster.users) - len(s.roster.twice) + s.absent.away(&s.roster, now)
}

// Participant returns the participant that is shown as u, nil if there is none.
func (s *State) Participant(u User) *Participant { return s.roster.users[u] }

// Endpoint returns the endpoint, nil if it is not in the conference.
func (s *State) Endpoint(id EndpointID) *Endpoint { return s.roster.endpoints[id] }

// Participants yields the participants in the order in which they came.
func (s *State) Participants() iter.Seq[*Participant] {
	return func(yield func(*Participant) bool) {
		for p := s.roster.first; p != nil; p = p.next {
			if !yield(p) {
				return
			}
		}
	}
}
