package conference

import (
	"fmt"
	"time"
)

// Cause says why an endpoint left.
type Cause uint8

// The causes.
const (
	CauseHungup         Cause = iota // its own BYE
	CauseCancelled                   // its own CANCEL, before the answer
	CauseRemoved                     // removed, or refused after admission
	CauseBusy                        // invited, and answered 486 or 600
	CauseFailed                      // could not be set up
	CauseLost                        // gone without BYE; the one cause that earns the grace of D-14
	CauseUnacknowledged              // our 2xx was never acknowledged: it never got in
	CauseReplaced                    // another endpoint of the user took its place
)

// String returns the cause's name.
func (c Cause) String() string {
	switch c {
	case CauseHungup:
		return "hungup"
	case CauseCancelled:
		return "cancelled"
	case CauseRemoved:
		return "removed"
	case CauseBusy:
		return "busy"
	case CauseFailed:
		return "failed"
	case CauseLost:
		return "lost"
	case CauseUnacknowledged:
		return "unacknowledged"
	case CauseReplaced:
		return "replaced"
	}
	return fmt.Sprintf("cause(%d)", uint8(c))
}

// DisconnectionMethod returns the value of disconnection-method, RFC 4575
// §5.7.6: departed, booted, busy or failed. [FOC-LVE-04]
func (c Cause) DisconnectionMethod() string {
	switch c {
	case CauseHungup, CauseCancelled, CauseReplaced:
		return "departed"
	case CauseRemoved:
		return "booted"
	case CauseBusy:
		return "busy"
	case CauseFailed, CauseLost, CauseUnacknowledged:
	}
	return "failed"
}

// Leave takes an endpoint out of the conference, however far it had come. An
// endpoint that is not there is gone already: nothing happens, and no error.
type Leave struct {
	At       time.Time
	Endpoint EndpointID
	Cause    Cause
	Reason   string // in the form of a Reason header field's value; may be empty
}

// Withdraw takes an endpoint out that has not connected yet; one that has is
// refused with AlreadyConnected, so a CANCEL that comes late has no effect.
// [FOC-FAC-08]
type Withdraw struct {
	At       time.Time
	Endpoint EndpointID
	Cause    Cause
	Reason   string
}

// Departed says that an endpoint has left. If it was the user's last one, the
// user is no longer in the roster.
type Departed struct {
	At       time.Time
	User     User
	Endpoint EndpointID
	Was      Status // how far it had come, of StatusPending to StatusConnected
	Cause    Cause
	Reason   string
	By       User // who removed it; empty: nobody, or the administration
}

// Kind implements Event.
func (Departed) Kind() Kind { return KindDeparted }

func departure(ep *Endpoint, at time.Time, cause Cause, reason string, by User) Departed {
	return Departed{
		At: at, User: ep.Participant.User, Endpoint: ep.ID, Was: ep.reached,
		Cause: cause, Reason: reason, By: by,
	}
}

func (c Leave) decide(s *State, out []Event) ([]Event, error) {
	if !s.alive {
		return out, nil
	}
	ep := s.Endpoint(c.Endpoint)
	if ep == nil {
		return out, nil
	}
	return append(out, departure(ep, c.At, c.Cause, c.Reason, "")), nil
}

func (c Withdraw) decide(s *State, out []Event) ([]Event, error) {
	if ep := s.Endpoint(c.Endpoint); s.alive && ep != nil && ep.Connected() {
		return nil, refuse(CodeAlreadyConnected)
	}
	return Leave(c).decide(s, out)
}

func (e Departed) apply(s *State) {
	ep := s.Endpoint(e.Endpoint)
	if !s.alive || ep == nil {
		return
	}
	lostAt := ep.LostAt
	if lostAt.IsZero() {
		lostAt = e.At
	}
	s.found(ep)
	if e.Cause == CauseUnacknowledged && ep.Connected() {
		s.arrived--
	}
	p, wasConnected := ep.Participant, ep.Connected()
	s.roster.drop(ep)
	s.activity = e.At
	s.absent.prune(e.At, s)
	if len(p.endpoints) == 0 {
		s.depart(p, e, lostAt)
	}
	if !wasConnected {
		return
	}
	if s.roster.connected == 0 {
		s.emptySince = e.At
	}
	if p.Role == RoleOwner && !s.roster.connectedAs(p.Identity) {
		s.ownerDue = e.At
		if e.Cause == CauseLost {
			s.ownerDue = later(e.At, lostAt.Add(s.created.Policy.Grace))
		}
	}
}

// depart settles what remains of a user whose last endpoint is gone.
func (s *State) depart(p *Participant, e Departed, lostAt time.Time) {
	s.recent.leave(p.User, e.At)
	until := lostAt.Add(s.created.Policy.Grace)
	if e.Cause == CauseLost && until.After(e.At) {
		// Time already waited for the leg counts. D-14, [FOC-TRM-07]
		s.absent.add(absentee{user: p.User, identity: p.Identity, anonymous: p.Anonymous, until: until})
		return
	}
	if p.Anonymous != 0 {
		delete(s.roster.anonymous, p.Identity)
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
