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
func (l *Layer) accept(ln net.Listener) {
	var pause time.Duration
	for {
		conn, err := ln.Accept()
		if err == nil {
			pause = 0
			l.adopt(conn)
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

// adopt serves an accepted connection, or closes it if a limit is reached.
func (l *Layer) adopt(conn net.Conn) {
	remote := addrPort(conn.RemoteAddr())
	s := newStream(l, remote)
	s.conn, s.addr = conn, addrPort(conn.LocalAddr())
	network := networkOf(remote.Addr())
	l.mu.Lock()
	// A peer opens as many connections as it likes; what it can make us hold
	// is limited by its address, what all can, in total. [SEC-02]
	full := l.stopped || l.connections >= l.cfg.MaxConnections ||
		l.perNetwork[network] >= l.cfg.ConnectionsPerAddress
	if !full {
		l.perNetwork[network]++
		s.network = network
		l.register(s)
	}
	l.mu.Unlock()
	if full {
		l.count.refused.Add(1)
		_ = conn.Close()
		return
	}
	l.count.accepted.Add(1)
	if !l.start(s.read) {
		s.end(ErrClosed)
	}
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
	// RFC 3261 §18: connections are found by the address at their far end.
	l.byRemote[s.flow.remote] = s.flow
}

// retire keeps requests from using a connection any more.
func (l *Layer) retire(f *Flow) {
	f.leaving.Store(true)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.byRemote[f.remote] == f {
		delete(l.byRemote, f.remote)
	}
}

// forget drops a connection that has ended.
func (l *Layer) forget(s *stream) {
	l.retire(s.flow)
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, known := l.streams[s]; !known {
		return
	}
	delete(l.streams, s)
	l.connections--
	if s.network.IsValid() {
		if l.perNetwork[s.network]--; l.perNetwork[s.network] <= 0 {
			delete(l.perNetwork, s.network)
		}
	}
}
