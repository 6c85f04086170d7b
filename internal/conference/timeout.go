package conference

import "time"

// Expire does what time alone brings: it takes endpoints out whose lost leg was
// waited for long enough, and ends the conference when its time has come. One
// step at a time: after it, ask NextTimeout again.
type Expire struct {
	At time.Time
}

// NextTimeout returns when Expire has something to do, which may be in the
// past; the zero time means never, as things stand. It is looked at after
// every Apply.
func (s *State) NextTimeout() time.Time {
	if !s.alive {
		return time.Time{}
	}
	at, _ := s.endsAt()
	if len(s.lostLegs) > 0 {
		return sooner(at, s.lostLegs[0].LostAt.Add(s.created.Policy.Grace))
	}
	return at
}

// endsAt returns when the conference ends by itself, and why.
func (s *State) endsAt() (at time.Time, cause EndCause) {
	policy := &s.created.Policy
	next := func(t time.Time, c EndCause) {
		if at.IsZero() || t.Before(at) {
			at, cause = t, c
		}
	}
	if policy.End.MaxDuration > 0 {
		next(s.created.At.Add(policy.End.MaxDuration), EndDuration) // D-16
	}
	switch {
	case s.roster.connected > 0:
	case s.arrived == 0 && len(s.roster.endpoints) == 0:
		// Nobody got in and nobody is about to: at once. [FOC-FAC-09] [FOC-CRE-05]
		next(s.activity, EndNobody)
	case s.arrived == 0:
		next(s.activity.Add(policy.CreateTimeout), EndNobody) // D-15
	default:
		// The longer of the two graces wins. D-14, [FOC-TRM-07]
		next(later(s.emptySince.Add(policy.End.EmptyAfter), s.absent.end()), EndEmpty)
	}
	if policy.End.OnCreatorLeave && !s.ownerDue.IsZero() && !s.roster.connectedAs(s.created.Owner) {
		next(s.ownerDue, EndCreatorLeft) // D-13
	}
	return at, cause
}

// EndsByCreator reports whether the conference ends, as of at, because its creator has
// left it. Expire says so a moment after he has.
func (s *State) EndsByCreator(at time.Time) bool {
	end, cause := s.endsAt()
	return s.alive && cause == EndCreatorLeft && !end.After(at)
}

func (c Expire) decide(s *State, out []Event) ([]Event, error) {
	if !s.alive {
		return out, nil
	}
	before := len(out)
	for _, ep := range s.lostLegs {
		if c.At.Before(ep.LostAt.Add(s.created.Policy.Grace)) {
			break
		}
		out = append(out, departure(ep, c.At, CauseLost, `SIP;cause=408;text="Connection lost"`, ""))
	}
	if len(out) > before {
		return out, nil
	}
	if at, cause := s.endsAt(); !at.IsZero() && !c.At.Before(at) {
		out = append(out, Ended{At: c.At, Cause: cause})
	}
	return out, nil
}

// sooner returns the earlier of two times of which zero means never.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
