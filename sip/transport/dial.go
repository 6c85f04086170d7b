package transport

import (
	"context"
	"net/netip"
)

// dialError says that a connection did not come up, so that nothing was sent.
type dialError struct{ err error }

func (e *dialError) Error() string { return e.err.Error() }
func (e *dialError) Unwrap() error { return e.err }

// connect returns the connection to addr, a new one if there is none. It does
// not wait until a new one is up: what is sent meanwhile is queued.
func (l *Layer) connect(addr netip.AddrPort) (*Flow, error) {
	addr = unmap(addr)
	l.mu.Lock()
	if l.stopped {
		l.mu.Unlock()
		return nil, ErrClosed
	}
	// RFC 3261 §18.1.1: an open connection to that address is used.
	if f := l.byRemote[addr]; f != nil {
		l.mu.Unlock()
		return f, nil
	}
	if l.connections >= l.cfg.MaxConnections {
		l.mu.Unlock()
		return nil, ErrTooManyConnections
	}
	s := newStream(l, addr)
	s.dialed = true
	l.register(s)
	l.mu.Unlock()
	l.count.dialed.Add(1)
	serve := func() {
		if s.dial() {
			s.read()
		}
	}
	if !l.start(serve) {
		s.end(ErrClosed)
		return nil, ErrClosed
	}
	return s.flow, nil
}

// dial brings a connection up and reports whether it is.
func (s *stream) dial() bool {
	ctx, cancel := context.WithTimeout(context.Background(), s.layer.cfg.DialTimeout)
	defer cancel()
	s.mu.Lock()
	s.cancel = cancel
	dead := s.phase == phaseClosed
	s.mu.Unlock()
	if dead {
		return false
	}
	conn, err := s.layer.cfg.Network.Dial(ctx, TCP, s.flow.remote.String())
	if err != nil {
		s.layer.count.dialFailed.Add(1)
		s.end(&dialError{err: err})
		return false
	}
	s.mu.Lock()
	dead = s.phase == phaseClosed
	if !dead {
		s.conn, s.addr = conn, addrPort(conn.LocalAddr())
	}
	flush := !dead && len(s.out) > 0
	s.writing = flush
	s.mu.Unlock()
	if dead {
		_ = conn.Close()
		return false
	}
	if flush && !s.layer.start(s.flush) {
		s.end(ErrClosed)
		return false
	}
	return true
}
