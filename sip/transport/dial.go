package transport

import (
	"context"
	"net/netip"
	"strings"
)

// dialError says that a connection did not come up, so that nothing was sent.
type dialError struct{ err error }

func (e *dialError) Error() string { return e.err.Error() }
func (e *dialError) Unwrap() error { return e.err }

// endpoint is the far end of a connection: an address, what is spoken there, and
// whom it has to prove to be.
type endpoint struct {
	transport string
	addr      netip.AddrPort
	host      string // in lower case; "" where a TLS peer goes by its address, and without TLS
}

// endpointOf is where a target of a stream transport is.
func endpointOf(to Target) endpoint {
	e := endpoint{transport: to.Transport, addr: unmap(to.Addr)}
	if secure(to.Transport) {
		e.host = strings.ToLower(strings.TrimSuffix(to.Host, "."))
		if _, err := netip.ParseAddr(e.host); err == nil {
			e.host = ""
		}
	}
	return e
}

// connect returns the connection to an endpoint, a new one if there is none. It
// does not wait until a new one is up: what is sent meanwhile is queued.
func (l *Layer) connect(to endpoint) (*Flow, error) {
	l.mu.Lock()
	if l.stopped {
		l.mu.Unlock()
		return nil, ErrClosed
	}
	// RFC 3261 §18.1.1: an open connection to that address is used, RFC 5922
	// §7.3: by TLS only if the peer has proved the name wanted.
	if f := l.byRemote[to]; f != nil {
		l.mu.Unlock()
		return f, nil
	}
	if to.transport == WS || to.transport == WSS {
		if l.cfg.WebSocketPath == "" {
			l.mu.Unlock()
			return nil, ErrFlowGone // RFC 7118 §8: nobody can connect to a client
		}
	}
	if l.connections >= l.cfg.MaxConnections {
		l.mu.Unlock()
		return nil, ErrTooManyConnections
	}
	s := newStream(l, to, true)
	l.register(s)
	l.byRemote[to] = s.flow
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
	ctx, cancel := context.WithTimeout(context.Background(), s.layer.cfg.dialTime(s.flow.transport))
	defer cancel()
	s.mu.Lock()
	s.cancel = cancel
	dead := s.phase == phaseClosed
	s.mu.Unlock()
	if dead {
		return false
	}
	up, err := s.layer.open(ctx, s.flow.endpoint())
	if err != nil {
		s.layer.count.dialFailed.Add(1)
		s.end(&dialError{err: err})
		return false
	}
	s.early = up.early
	return s.up(up.conn, up.names)
}

// open connects to an endpoint and shakes the hands that its transport asks for.
func (l *Layer) open(ctx context.Context, to endpoint) (*opened, error) {
	conn, err := l.cfg.Network.Dial(ctx, TCP, to.addr.String())
	if err != nil {
		return nil, err
	}
	up := &opened{conn: conn}
	if secure(to.transport) {
		if err := l.greet(ctx, up, to); err != nil {
			l.count.handshakesFailed.Add(1)
			return nil, err
		}
	}
	if socket(to.transport) {
		if err := l.upgrade(ctx, up, to); err != nil {
			return nil, err
		}
	}
	return up, nil
}
