package msrp

// described reports whether the peer's path is known, without which nothing can
// be told of a request. A request may overtake the description, as that of an
// endpoint that connects before the ACK with its answer is here: then the
// connection is not read any further until the path is known, for a bounded
// time. What came is neither answered nor trusted meanwhile. RFC 8122 §6.2.
// [MSRP-TLS-07]
func (c *conn) described(s *Session) bool {
	known := s.awaitPath()
	if known == nil {
		return true
	}
	if !c.deafen(known, c.ep.cfg.HoldTimeout) {
		return false
	}
	return s.awaitPath() == nil && !s.ended.Load()
}

// awaitPath returns what is closed when the peer's path is known or the session
// has ended; nil if that is so already.
func (s *Session) awaitPath() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.remote != nil || s.ended.Load() {
		return nil
	}
	if s.known == nil {
		s.known = make(chan struct{})
	}
	return s.known
}

// tellWaiting wakes who waits for the path. Called with s.mu held.
func (s *Session) tellWaiting() {
	if s.known != nil {
		close(s.known)
		s.known = nil
	}
}
