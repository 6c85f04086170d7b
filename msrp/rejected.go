package msrp

import (
	"errors"

	"github.com/confab-chat/confab/msrp/msrpwire"
)

// rejectedMax bounds the kinds of messages remembered that a peer refuses.
const rejectedMax = 64

// reject notes that the peer does not take a kind of messages. RFC 4975 §10.6.
// Called with the connection's mutex held. [MSRP-RSP-09]
func (s *Session) reject(kind string, err error) {
	var e *Error
	if !errors.As(err, &e) || e.Status != msrpwire.StatusUnsupportedMedia || len(s.rejected) == rejectedMax {
		return
	}
	if s.rejected == nil {
		s.rejected = make(map[string]struct{})
	}
	s.rejected[kind] = struct{}{}
}

// rejects reports that the peer has refused such messages.
func (s *Session) rejects(sh *Shared) bool {
	_, refused := s.rejected[sh.kind]
	return refused
}
