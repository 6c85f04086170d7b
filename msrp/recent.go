package msrp

import "slices"

// recentMax bounds the messages that a session remembers to have sent.
const recentMax = 64

// trace is what is remembered of a message that was sent.
type trace struct {
	id   string // Message-ID
	kind string // of its content; empty: it had none
}

// recent are the messages that a session has sent last. A failure REPORT counts
// for them, whether reports were asked for or not; a report on anything else may
// say what it likes.
type recent struct {
	traces [recentMax]*trace
	next   int
}

// remembers notes that a message is sent. Called with the connection's mutex held,
// before there is one with the session's.
func (s *Session) remembers(t *trace) {
	if s.recent == nil {
		s.recent = new(recent)
	}
	s.recent.traces[s.recent.next] = t
	s.recent.next = (s.recent.next + 1) % recentMax
}

// hasSent finds a message that was sent, or is being sent; nil if there is none
// with that Message-ID. Called with the connection's mutex held.
func (s *Session) hasSent(id string) *trace {
	if a := s.reports[id]; a != nil {
		return a.trace
	}
	if m := s.queue.find(id); m != nil {
		return m.sh.trace
	}
	if s.recent == nil {
		return nil
	}
	i := slices.IndexFunc(s.recent.traces[:], func(t *trace) bool { return t != nil && t.id == id })
	if i < 0 {
		return nil
	}
	return s.recent.traces[i]
}
