package conference

import "time"

// Lock locks the conference to newcomers, or opens it again. It is the owner's
// and the administration's to say. D-19.
//
// Refusals: CodeNotAlive, CodeNotAllowed.
type Lock struct {
	At     time.Time
	By     User // empty: the administration
	Locked bool
}

// LockSet says that the conference was locked or opened.
type LockSet struct {
	At     time.Time
	By     User
	Locked bool
}

// Kind implements Event.
func (LockSet) Kind() Kind { return KindLockSet }

func (c Lock) decide(s *State, out []Event) ([]Event, error) {
	if err := s.May(ActLock, c.By); err != nil {
		return nil, err
	}
	if s.locked == c.Locked {
		return out, nil
	}
	return append(out, LockSet(c)), nil
}

func (e LockSet) apply(s *State) {
	if s.alive {
		s.locked = e.Locked
	}
}
