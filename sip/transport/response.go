package transport

import (
	"slices"
	"sync"

	"github.com/confab-chat/confab/sip/sipmsg"
)

// SendResponse sends a response to where its request came from: over the same
// flow; when that was a connection and it is gone, over a new one to the
// address it came from and the port of sent-by (RFC 3261 §18.2.2, RFC 3581
// §4). resp is not used after it returns; done is as for SendRequest.
//
// A maddr parameter of Via is not followed: it would let anybody aim our
// responses at a third party, and serves only multicast, which we do not use.
func (l *Layer) SendResponse(resp *sipmsg.Response, src Source, done func(error)) *Packet {
	p := &Packet{
		layer: l, addr: src.reply, host: src.replyHost, at: src.Local.Addr(), response: true, flow: src.Flow,
		octets: l.scratch.render(resp),
	}
	if !p.addr.IsValid() && !socket(src.Transport) {
		p.addr = src.Remote
	}
	p.Resend(done)
	if src.Flow != nil {
		src.Flow.answered(resp)
	}
	return p
}

// headRoom is how much more than its body a large message is thought to take at most.
const headRoom = 2 << 10

// scratch renders messages into slices of their size, large ones roughly.
type scratch struct{ pool sync.Pool }

func (s *scratch) render(m sipmsg.Message) []byte {
	if n := len(m.Content()); n >= shareSize {
		return m.Append(make([]byte, 0, n+headRoom))
	}
	buf, ok := s.pool.Get().(*[]byte)
	if !ok {
		fresh := make([]byte, 0, 4<<10)
		buf = &fresh
	}
	*buf = m.Append((*buf)[:0])
	octets := slices.Clone(*buf)
	if cap(*buf) <= keepSize {
		s.pool.Put(buf)
	}
	return octets
}
