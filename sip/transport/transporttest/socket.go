package transporttest

import (
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"
)

type packet struct {
	octets []byte
	from   netip.AddrPort
}

// A socket is a bound datagram socket. What it cannot hold is lost.
type socket struct {
	net    *Network
	local  netip.AddrPort
	in     chan packet
	once   sync.Once
	closed chan struct{}
}

func (s *socket) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	select {
	case <-s.closed:
		return 0, netip.AddrPort{}, net.ErrClosed
	case p := <-s.in:
		return copy(b, p.octets), p.from, nil
	}
}

func (s *socket) WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error) {
	select {
	case <-s.closed:
		return 0, net.ErrClosed
	default:
	}
	p := packet{octets: slices.Clone(b), from: s.local}
	if s.net.Fate == nil {
		s.net.arrive(p, to)
		return len(b), nil
	}
	for _, delay := range s.net.Fate(s.local, to, p.octets) {
		if delay <= 0 {
			s.net.arrive(p, to)
			continue
		}
		time.AfterFunc(delay, func() { s.net.arrive(p, to) })
	}
	return len(b), nil
}

func (n *Network) arrive(p packet, to netip.AddrPort) {
	n.mu.Lock()
	s := n.sockets[to]
	n.mu.Unlock()
	if s == nil {
		return
	}
	select {
	case s.in <- p:
	default:
	}
}

func (s *socket) LocalAddr() net.Addr { return net.UDPAddrFromAddrPort(s.local) }

func (s *socket) Close() error {
	s.once.Do(func() {
		s.net.mu.Lock()
		delete(s.net.sockets, s.local)
		s.net.mu.Unlock()
		close(s.closed)
	})
	return nil
}
