package conference

import (
	"fmt"
	"time"
)

// EndCause says why a conference ended.
type EndCause uint8

// The causes of an end. [FOC-TRM-01]
const (
	EndRequested   EndCause = iota // by the owner or the administration
	EndEmpty                       // the last user left, D-14
	EndNobody                      // nobody got in, D-15
	EndCreatorLeft                 // the owner left, D-13
	EndDuration                    // it reached its maximum duration, D-16
	EndShutdown                    // the server stops
	EndFault                       // the mixer or the journal was lost
)

// String returns the cause's name.
func (c EndCause) String() string {
	switch c {
	case EndRequested:
		return "requested"
	case EndEmpty:
		return "empty"
	case EndNobody:
		return "nobody"
	case EndCreatorLeft:
		return "creator_left"
	case EndDuration:
		return "duration"
	case EndShutdown:
		return "shutdown"
	case EndFault:
		return "fault"
	}
	return fmt.Sprintf("end(%d)", uint8(c))
}

// End ends the conference. A conference that is not alive has ended already:
// nothing happens, and no error.
//
// Refusals: CodeNotAllowed.
type End struct {
	At     time.Time
	By     User // empty: the administration
	Cause  EndCause
	Reason string
}

// Ended says that the conference has ended; it is the last event of its life.
// The roster stays readable as it was at the end.
type Ended struct {
	At     time.Time
	By     User
	Cause  EndCause
	Reason string
}

// Kind implements Event.
func (Ended) Kind() Kind { return KindEnded }

func (c End) decide(s *State, out []Event) ([]Event, error) {
	if !s.alive {
		return out, nil
	}
	if err := s.May(ActEnd, c.By); err != nil {
		return nil, err
	}
	return append(out, Ended(c)), nil
}

func (e Ended) apply(s *State) {
	if !s.alive {
		return
	}
	s.alive, s.over, s.end = false, true, e.Cause
}
