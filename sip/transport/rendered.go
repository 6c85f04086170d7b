package transport

import (
	"slices"
	"sync"

	"github.com/confab-chat/confab/sip/sipmsg"
)

// A rendered message is octets as they go on the wire, never changed. A large body is
// not copied: it is apart, where it was.
type rendered struct {
	head []byte // with the body, unless that is apart
	body []byte
}

// size is how many octets there are.
func (r rendered) size() int { return len(r.head) + len(r.body) }

// octets returns the message in one piece.
func (r rendered) octets() []byte {
	if r.body == nil {
		return r.head
	}
	return slices.Concat(r.head, r.body)
}

// scratch renders messages into slices of exactly their size.
type scratch struct{ pool sync.Pool }

func (s *scratch) render(m sipmsg.Message) rendered {
	buf, ok := s.pool.Get().(*[]byte)
	if !ok {
		fresh := make([]byte, 0, 4<<10)
		buf = &fresh
	}
	var r rendered
	if body := m.Content(); len(body) < shareSize {
		*buf = m.Append((*buf)[:0])
	} else {
		*buf = m.AppendHead((*buf)[:0])
		r.body = body
	}
	r.head = slices.Clone(*buf)
	if cap(*buf) <= keepSize {
		s.pool.Put(buf)
	}
	return r
}
