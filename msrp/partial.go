package msrp

import (
	"slices"

	"github.com/confab-chat/confab/msrp/msrpwire"
)

// reserve makes room for n more octets of half-received messages.
// [MSRP-RCV-10]
func (s *Session) reserve(n int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended.Load() || s.held+n > 2*s.cfg.MaxSize {
		return false
	}
	if s.ep.partials.Add(n) > s.ep.cfg.PartialOctets {
		s.ep.partials.Add(-n)
		return false
	}
	s.held += n
	return true
}

// giveBack releases n octets.
func (s *Session) giveBack(n int64) {
	if n != 0 {
		s.mu.Lock()
		s.release(n)
		s.mu.Unlock()
	}
}

// release is the opposite of reserve. Called with s.mu held.
func (s *Session) release(n int64) {
	n = min(n, s.held) // the session may have ended since
	s.held -= n
	s.ep.partials.Add(-n)
}

// park keeps an incomplete message until its next chunk; false if the session
// has too many of them. now is a time of [conn.heard].
func (in *Incoming) park(now int64) bool {
	s := in.session
	s.mu.Lock()
	defer s.mu.Unlock()
	if !in.registered {
		if s.ended.Load() || len(s.partials) >= s.cfg.Partials {
			return false
		}
		s.partials = append(s.partials, in)
		in.registered = true
	}
	in.active = false
	in.touched = now
	return true
}

// drop takes the message off the session's account. A status says that it was
// refused: its Message-ID is remembered.
func (in *Incoming) drop(status int) {
	s := in.session
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forgetPartial(in)
	if status != 0 && in.id != "" {
		s.remember(in.id)
	}
}

// forgetPartial is called with s.mu held.
func (s *Session) forgetPartial(in *Incoming) {
	if in.dropped {
		return
	}
	in.dropped = true
	s.release(in.asm.held)
	s.partials = slices.DeleteFunc(s.partials, func(x *Incoming) bool { return x == in })
}

// giveUpPartial drops the message that its sender has given up.
func (s *Session) giveUpPartial(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, in := range s.partials {
		if in.id == id {
			s.forgetPartial(in)
			return
		}
	}
}

// abandon drops the half-received message with that Message-ID, if there is one,
// because one of its chunks was refused; those that come later are, too. [SW-PUB-19]
func (s *Session) abandon(id []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, in := range s.partials {
		if in.id == string(id) {
			s.forgetPartial(in)
			break
		}
	}
	if len(id) > 0 {
		s.remember(string(id))
	}
}

// dropPartials drops all of them; what they hold is not looked at, since the reader may
// be adding to it. Called with s.mu held.
func (s *Session) dropPartials() {
	for _, in := range s.partials {
		in.dropped = true
	}
	s.partials = nil
	s.release(s.held)
}

// expire drops messages whose next chunk does not come, at a time of [conn.heard]; true means that there
// are some to look at again. [MSRP-RCV-08] [SW-PUB-10]
func (s *Session) expire(now int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refused = slices.DeleteFunc(s.refused, func(r refused) bool { return now >= r.until })
	for i := 0; i < len(s.partials); {
		in := s.partials[i]
		if in.active || now-in.touched < int64(s.cfg.ChunkTimer) {
			i++
			continue
		}
		s.remember(in.id)
		s.forgetPartial(in)
	}
	return len(s.partials) > 0
}

// peer returns the path of the peer.
func (s *Session) peer() []msrpwire.URI {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.remote
}
