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
	p, wasConnected := ep.Participant, ep.Connected()
	since := e.At
	if !ep.LostAt.IsZero() {
		since = ep.LostAt // time already waited for the leg counts, D-14
	}
	s.found(ep)
	s.leaveMark(ep, e.Cause)
	s.roster.drop(ep)
	s.activity = e.At
	s.absent.prune(&s.roster, e.At)
	if wasConnected && e.Cause == CauseUnacknowledged {
		s.arrived--
	}
	until := e.At
	if s.lost(e) {
		until = later(e.At, since.Add(s.created.Policy.Grace))
	}
	s.miss(p, until, e.At)
	if !wasConnected {
		return
	}
	if s.roster.connected == 0 {
		s.emptySince = e.At
	}
	if p.Role == RoleOwner && (e.Cause != CauseUnacknowledged || !s.ownerDue.IsZero()) {
		s.ownerDue = until
	}
}

// lost reports whether the departure earns a grace: it was no BYE's doing. An
// unacknowledged 2xx counts as a loss as well, unless nobody has got into the
// conference at all. [FOC-FAC-09] [FOC-LVE-04]
func (s *State) lost(e Departed) bool {
	return e.Cause == CauseLost || e.Cause == CauseUnacknowledged && s.arrived > 0
}

// miss settles what remains of a user one of whose endpoints left: if it was
// the last one he is waited for until the time given. [FOC-TRM-07]
func (s *State) miss(p *Participant, until, now time.Time) {
	if len(p.endpoints) > 0 {
		return
	}
	s.nicknames.rest(p, now, until.Add(s.created.Policy.Quarantine))
	if until.After(now) {
		s.absent.add(Absentee{
			User: p.User, Identity: p.Identity, Until: until, Nickname: p.Nickname, NicknameKey: p.nicknameKey,
		})
	}
	if !s.absent.has(p.User, now) {
		s.roster.unname(p.User, p.Identity)
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
