package transport

import (
	"errors"
	"net"
	"net/netip"
	"time"
)

// Pauses of an accept loop that meets errors, such as too many open files.
const (
	minAcceptPause = 5 * time.Millisecond
	maxAcceptPause = time.Second
)

// accept takes connections until the listener is closed. Errors do not end it.
func (l *Layer) accept(ln net.Listener, transport string) {
	var pause time.Duration
	for {
		conn, err := ln.Accept()
		if err == nil {
			pause = 0
			l.adopt(conn, transport)
			continue
		}
		if errors.Is(err, net.ErrClosed) {
			return
		}
		l.count.acceptErrors.Add(1)
		pause = min(max(2*pause, minAcceptPause), maxAcceptPause)
		l.cfg.Log.Warn("accept failed", "error", err, "pause", pause)
		wait := time.NewTimer(pause)
		select {
		case <-wait.C:
		case <-l.closing:
			wait.Stop()
			return
		}
	}
}

// adopt serves a connection that a listener accepted, or closes it if a limit is
// reached.
func (l *Layer) adopt(conn net.Conn, transport string) {
	s := newStream(l, endpoint{transport: transport, addr: addrPort(conn.RemoteAddr())}, false)
	s.conn, s.addr = conn, addrPort(conn.LocalAddr())
	if !l.enter(s) {
		_ = conn.Close()
		return
	}
	serve := s.read
	if transport == TLS {
		serve = func() {
			if s.welcome(conn) {
				s.read()
			}
		}
	}
	if !l.start(serve) {
		s.end(ErrClosed)
	}
}

// enter takes an accepted connection in, unless a limit is reached.
func (l *Layer) enter(s *stream) bool {
	quota := l.cfg.Quota
	if quota != nil && !quota.Acquire(s.flow.remote.Addr()) {
		l.count.refused.Add(1)
		return false
	}
	full, busy := l.admit(s)
	switch {
	case full:
		l.count.refused.Add(1)
	case busy:
		l.count.handshakesRefused.Add(1)
	default:
		l.count.accepted.Add(1)
		return true
	}
	if quota != nil {
		quota.Release(s.flow.remote.Addr())
	}
	return false
}

// admit registers an accepted connection, unless there are too many of them, or of
// those that shake hands.
func (l *Layer) admit(s *stream) (full, busy bool) {
	network := networkOf(s.flow.remote.Addr())
	shakes := s.flow.transport == TLS
	l.mu.Lock()
	defer l.mu.Unlock()
	// A peer opens as many connections as it likes; what it can make us hold
	// is limited by its address, what all can, in total. [SEC-02]
	full = l.stopped || l.connections >= l.cfg.MaxConnections || l.crowded(network)
	busy = !full && shakes && !l.handshakes.begin(network, &l.cfg)
	if full || busy {
		return full, busy
	}
	l.perNetwork[network]++
	s.network = network
	l.register(s)
	if s.conn != nil && !shakes { // else nobody may use it yet
		l.byRemote[s.flow.endpoint()] = s.flow
	}
	return false, false
}

// crowded reports whether a network has as many connections as it may. The caller
// holds l.mu.
func (l *Layer) crowded(network netip.Prefix) bool {
	return l.cfg.Quota == nil && l.perNetwork[network] >= l.cfg.ConnectionsPerAddress
}

// networkOf is the unit for which connections are counted: an IPv4 address, or
// the /64 that one IPv6 subscriber has.
func networkOf(a netip.Addr) netip.Prefix {
	bits := 64
	if a.Is4() {
		bits = 32
	}
	p, _ := a.WithZone("").Prefix(bits)
	return p
}

// register enters a connection. The caller holds l.mu.
func (l *Layer) register(s *stream) {
	l.connections++
	l.streams[s] = struct{}{}
}

// offer lets requests use a connection. RFC 3261 §18: it is found by transport
// and address of its far end, and by the name that it has proved there.
func (l *Layer) offer(s *stream) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, known := l.streams[s]; known {
		l.byRemote[s.flow.endpoint()] = s.flow
	}
}

// retire keeps requests from using a connection any more.
func (l *Layer) retire(f *Flow) {
	f.leaving.Store(true)
	l.mu.Lock()
	defer l.mu.Unlock()
	if at := f.endpoint(); l.byRemote[at] == f {
		delete(l.byRemote, at)
	}
}

// forget drops a connection that has ended.
func (l *Layer) forget(s *stream) {
	l.retire(s.flow)
	if l.drop(s) && s.network.IsValid() && l.cfg.Quota != nil {
		l.cfg.Quota.Release(s.flow.remote.Addr())
	}
}

// drop reports whether the connection was known.
func (l *Layer) drop(s *stream) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, known := l.streams[s]; !known {
		return false
	}
	delete(l.streams, s)
	l.connections--
	if s.network.IsValid() {
		if l.perNetwork[s.network]--; l.perNetwork[s.network] <= 0 {
			delete(l.perNetwork, s.network)
		}
	}
	return true
}
