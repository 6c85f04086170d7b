package conference

import "time"

// Resume goes on with a conference that was cut off by the end of the server, as
// its journal tells it: everybody's endpoints are lost, and waited for from now
// on as a lost leg would be. A conference that ended otherwise, or never was,
// stays so: nothing happens, and no error. [FOC-TRM-07]
type Resume struct {
	At time.Time
}

// Resumed says that a conference goes on that a server has left behind.
type Resumed struct {
	At time.Time
}

// Kind implements Event.
func (Resumed) Kind() Kind { return KindResumed }

// Resumable reports whether Resume would go on with the conference.
func (s *State) Resumable() bool {
	return s.alive || s.over && s.end == EndShutdown
}

func (c Resume) decide(s *State, out []Event) ([]Event, error) {
	if !s.Resumable() {
		return out, nil
	}
	out = append(out, Resumed(c))
	for p := range s.Participants() {
		for _, ep := range p.endpoints {
			e := departure(ep, c.At, CauseLost, `SIP;cause=503;text="Server restarted"`, "")
			out = append(out, e)
		}
	}
	return out, nil
}

func (e Resumed) apply(s *State) {
	if !s.Resumable() {
		return
	}
	s.alive, s.over, s.end = true, false, 0
	for _, ep := range s.lostLegs {
		ep.LostAt = time.Time{} // nobody could come back while no server was there
	}
	s.lostLegs = nil
	s.activity = e.At
	if s.roster.connected == 0 {
		s.emptySince = e.At
	}
}
