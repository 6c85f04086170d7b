package transport

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/confab-chat/confab/tcp"
)

// linger is how long a connection stays after our end of output, for the peer
// to read it and close too.
const linger = 500 * time.Millisecond

// answersWithin is how long a connection stays after the peer's end of input
// when requests that came over it have no final response yet. It is short, as
// hardly any peer closes one half only: later responses take a new connection.
const answersWithin = 200 * time.Millisecond

// phase is the state of a connection.
type phase uint8

const (
	phaseOpen      phase = iota // or coming up, while conn is nil
	phaseFinishing              // takes no more messages, closes when it has written
	phaseClosed
)

// A stream is a connection, with or without TLS, of plain messages or of
// WebSocket frames. One goroutine reads; another one writes while there is
// something to write.
type stream struct {
	// Fixed after construction.
	layer   *Layer
	flow    *Flow
	network netip.Prefix // counted for it if valid
	frames  bool         // WebSocket
	through bool         // somebody stands between: see Source.Proxied

	mu      sync.Mutex
	conn    net.Conn // nil until it is up
	addr    netip.AddrPort
	cancel  func() // stops the dialing; nil unless this side opened it
	phase   phase
	cause   error         // why it is closed
	names   []string      // of the certificate that the peer has shown
	early   []byte        // read with the handshake, before the reader began
	goodbye uint16        // code of the Close frame to end with; 0: going away
	out     batch         // waits to be written
	sent    []func(error) // wait for out to be written
	busy    int           // octets being written
	writing bool
	settled chan struct{} // if set: told when something is written or answered
}

func newStream(l *Layer, to endpoint, dialed bool) *stream {
	s := &stream{layer: l, frames: to.transport == WS || to.transport == WSS}
	s.flow = &Flow{
		transport: to.transport, remote: to.addr, host: to.host, dialed: dialed,
		link: s, gone: make(chan struct{}),
	}
	return s
}

func (s *stream) local() netip.AddrPort {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addr
}

// source says where a message of this connection came from.
func (s *stream) source() Source {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Source{
		Flow: s.flow, Transport: s.flow.transport, Remote: s.flow.remote, Local: s.addr,
		PeerNames: s.names, Proxied: s.through,
	}
}

// finish closes the connection as soon as everything is written.
func (s *stream) finish() {
	s.mu.Lock()
	if s.phase != phaseOpen {
		s.mu.Unlock()
		return
	}
	s.phase = phaseFinishing
	conn, writing := s.conn, s.writing
	farewell := s.frames && conn != nil
	if farewell {
		s.appendClose()
		s.writing = true
	}
	s.mu.Unlock()
	s.layer.retire(s.flow)
	switch {
	case conn == nil:
		s.end(ErrClosed)
	case writing:
	case farewell:
		if !s.layer.start(s.flush) {
			s.end(ErrClosed)
		}
	default:
		s.closeWrite(conn)
	}
}

// closeWrite ends the output. The reader goes on until the peer closes too or
// linger is over: closing with unread input would make the system reset the
// connection, and the peer lose what was just written.
func (s *stream) closeWrite(conn net.Conn) {
	half, ok := conn.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil {
		s.end(ErrClosed)
		return
	}
	_ = conn.SetReadDeadline(time.Now().Add(linger))
}

// end closes the connection at once; what was not written fails with cause. Who does not
// read gets a reset, lest the system keep what was written for him.
func (s *stream) end(cause error) {
	s.mu.Lock()
	if s.phase == phaseClosed {
		s.mu.Unlock()
		return
	}
	s.phase, s.cause = phaseClosed, cause
	conn, sent, cancel := s.conn, s.sent, s.cancel
	s.out, s.sent = batch{}, nil
	s.mu.Unlock()
	s.layer.forget(s)
	if cancel != nil {
		cancel()
	}
	if conn != nil {
		if errors.Is(cause, ErrSlow) {
			tcp.Reset(conn)
		}
		_ = conn.Close()
	}
	close(s.flow.gone)
	report(sent, cause)
}

// settle wakes a reader that waits for answers to be written.
func (s *stream) settle() {
	s.mu.Lock()
	settled := s.settled
	s.mu.Unlock()
	select {
	case settled <- struct{}{}:
	default: // it was told already, or nobody waits
	}
}

// report tells the owners of messages what became of them.
func report(sent []func(error), err error) {
	for _, done := range sent {
		done(err)
	}
}
