package server

import "time"

// preconditions reports whether callers may have us wait for resources. [PRE-10]
func (s *Server) preconditions() bool { return s.cfg.SIP.Preconditions != "off" }

// extensions are the option tags that we understand, besides those of the stack.
func (s *Server) extensions() []string {
	if s.preconditions() {
		return []string{"replaces", "precondition"}
	}
	return []string{"replaces"}
}

// sessionExpires turns the configuration's 0, no session timers, into what the stack
// takes for it.
func sessionExpires(d time.Duration) time.Duration {
	if d == 0 {
		return -1
	}
	return d
}
