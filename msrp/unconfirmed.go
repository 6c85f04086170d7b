package msrp

import "slices"

// Unconfirmed returns the references of the messages that were sent and whose
// outcome is not known, in the order in which they were sent; of a session that
// has ended those that it left so. What was sent with reference 0 is not among
// them, nor what the peer was told not to answer. RFC 4975 §5.4. [SW-RPT-06]
func (s *Session) Unconfirmed() []uint64 {
	for {
		c := s.conn.Load()
		if c != nil {
			c.mu.Lock()
			defer c.mu.Unlock()
			return c.unconfirmed(s)
		}
		s.mu.Lock()
		if s.conn.Load() != nil {
			s.mu.Unlock()
			continue // bound meanwhile
		}
		defer s.mu.Unlock()
		return s.waiting(s.left)
	}
}

// unconfirmed is Unconfirmed with c.mu held.
func (c *conn) unconfirmed(s *Session) []uint64 {
	if s.over {
		return slices.Clone(s.left)
	}
	c.arrival.look()
	var refs []uint64
	for n := c.ring.head; n != c.ring.tail; n++ {
		sl := c.ring.at(n)
		if sl == nil || sl.session != s || sl.silent && sl.sent != 0 && c.arrival.has(sl.end) {
			continue
		}
		switch sl.kind {
		case slotMessage:
			refs = add(refs, sl.ref)
		case slotChunk:
			refs = add(refs, sl.out.ref)
		default:
		}
	}
	return s.waiting(refs)
}

// waiting adds what is still in the queue.
func (s *Session) waiting(refs []uint64) []uint64 {
	for _, m := range s.queue.all() {
		if m.sh != nil {
			refs = add(refs, m.ref)
		}
	}
	return refs
}

func add(refs []uint64, ref uint64) []uint64 {
	if ref == 0 || slices.Contains(refs[max(0, len(refs)-2):], ref) { // the chunks of a message stand together
		return refs
	}
	return append(refs, ref)
}

// Unreported returns the references of the messages that were sent with
// SuccessReport and not confirmed by a REPORT, in no order; also of a session
// that has ended. [SW-RPT-07]
func (s *Session) Unreported() []uint64 {
	mu := &s.mu
	if c := s.conn.Load(); c != nil {
		mu = &c.mu
	}
	mu.Lock()
	defer mu.Unlock()
	refs := make([]uint64, 0, len(s.reports))
	for _, a := range s.reports {
		refs = append(refs, a.ref)
	}
	return refs
}
