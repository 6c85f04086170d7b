package transport

import "sync/atomic"

// Counters is what a Layer counted since it was made.
type Counters struct {
	In, Out            uint64 // messages read and written
	Malformed          uint64 // messages read that could not be parsed
	Answered           uint64 // malformed requests answered here
	Insecure           uint64 // requests to sips URIs that came in clear
	ForeignVia         uint64 // responses dropped since their top Via is not ours
	Accepted, Refused  uint64 // incoming connections taken, and closed for a limit
	Dialed, DialFailed uint64 // outgoing connections tried, and not come up
	UpgradesRefused    uint64 // WebSocket handshakes that asked for what is not served
	HandshakesRefused  uint64 // incoming TLS connections closed since too many shake hands
	HandshakesFailed   uint64 // TLS handshakes, of either role, that came to nothing
	AcceptErrors       uint64 // failures of the accept loops, such as too many files
	Idle, HalfRead     uint64 // connections closed for want of input
	Slow               uint64 // connections cut since they took no output
	SizeSwitched       uint64 // requests sent over TCP because of their size
	SizeFallback       uint64 // of these, the ones sent over UDP in the end
	PartialRefused     uint64 // connections closed since all held too much of incomplete messages
	Partial            int64  // octets of such messages that are held now
	Connections        int64  // open or coming up now
}

type counters struct {
	in, out            atomic.Uint64
	malformed          atomic.Uint64
	answered           atomic.Uint64
	insecure           atomic.Uint64
	foreignVia         atomic.Uint64
	accepted, refused  atomic.Uint64
	dialed, dialFailed atomic.Uint64
	acceptErrors       atomic.Uint64
	upgradesRefused    atomic.Uint64
	handshakesRefused  atomic.Uint64
	partialRefused     atomic.Uint64
	handshakesFailed   atomic.Uint64
	idle, halfRead     atomic.Uint64
	slow               atomic.Uint64
	sizeSwitched       atomic.Uint64
	sizeFallback       atomic.Uint64
}

// Counters returns the present figures.
func (l *Layer) Counters() Counters {
	c := &l.count
	l.mu.Lock()
	open := int64(l.connections)
	l.mu.Unlock()
	return Counters{
		In: c.in.Load(), Out: c.out.Load(),
		Malformed: c.malformed.Load(), Answered: c.answered.Load(), ForeignVia: c.foreignVia.Load(),
		Insecure: c.insecure.Load(),
		Accepted: c.accepted.Load(), Refused: c.refused.Load(),
		Dialed: c.dialed.Load(), DialFailed: c.dialFailed.Load(),
		UpgradesRefused: c.upgradesRefused.Load(),
		PartialRefused:  c.partialRefused.Load(), Partial: l.partial.Load(),
		HandshakesRefused: c.handshakesRefused.Load(), HandshakesFailed: c.handshakesFailed.Load(),
		AcceptErrors: c.acceptErrors.Load(),
		Idle:         c.idle.Load(), HalfRead: c.halfRead.Load(), Slow: c.slow.Load(),
		SizeSwitched: c.sizeSwitched.Load(), SizeFallback: c.sizeFallback.Load(),
		Connections: open,
	}
}
