package msrp

import "github.com/confab-chat/confab/msrp/msrpwire"

// gate stands before what says something: every NICKNAME and every SEND with content.
type gate struct {
	err   *Error        // what is answered
	swung chan struct{} // closed when another gate, or none, is in its place; nil: nobody waits for that
}

// Gate makes the session answer err, usually 403, to every NICKNAME and every SEND with
// content; nil opens it. What [Session.Hold] keeps back is judged by it. [SW-GEN-09]
func (s *Session) Gate(err *Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended.Load() {
		return
	}
	if err == nil {
		s.swing(nil)
		return
	}
	s.swing(&gate{err: err})
}

// Hold keeps what the session's gate refuses back until the next call of Gate or the end
// of the session: its connection is not read meanwhile, for at most HoldTimeout; then it is
// refused. A session without a gate stays open. [SW-GEN-09]
func (s *Session) Hold() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g := s.gate.Load(); g != nil && g.swung == nil && !s.ended.Load() {
		s.swing(&gate{err: g.err, swung: make(chan struct{})})
	}
}

// swing puts g in the place of the gate, and wakes who waits for that. Called with s.mu
// held.
func (s *Session) swing(g *gate) {
	if old := s.gate.Swap(g); old != nil && old.swung != nil {
		close(old.swung)
	}
}

// pass returns what is to be answered to a request that says something, after the wait
// that [Session.Hold] asks for.
func (c *conn) pass(s *Session) *Error {
	for {
		g := s.gate.Load()
		switch {
		case s.ended.Load():
			return refusal(msrpwire.StatusNoSuchSession)
		case g == nil:
			return nil
		case g.swung == nil || !c.deafen(g.swung, c.ep.cfg.HoldTimeout) || s.gate.Load() == g:
			return g.err
		}
	}
}
