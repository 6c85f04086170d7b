package transporttest

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"github.com/confab-chat/confab/sip/transport"
)

// A Network joins hosts. Its methods are safe for concurrent use; its fields
// are set before use.
type Network struct {
	// Fate decides what becomes of a datagram: it arrives once after each
	// delay returned, so nil means it is lost. Without a Fate every datagram
	// arrives at once.
	Fate func(from, to netip.AddrPort, octets []byte) []time.Duration
	// Filtered says that connections to an address neither come up nor fail.
	Filtered func(to netip.AddrPort) bool

	mu        sync.Mutex
	sockets   map[netip.AddrPort]*socket
	listeners map[netip.AddrPort]*listener
	port      uint16
}

// Host returns the network as the host with address addr sees it.
func (n *Network) Host(addr string) transport.Network {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.sockets == nil {
		n.sockets = make(map[netip.AddrPort]*socket)
		n.listeners = make(map[netip.AddrPort]*listener)
		n.port = 49152
	}
	return &host{net: n, addr: netip.MustParseAddr(addr)}
}

// bind fills in the port of a local address when it is 0. The caller holds mu.
func (n *Network) bind(local netip.AddrPort) netip.AddrPort {
	if local.Port() != 0 {
		return local
	}
	n.port++
	return netip.AddrPortFrom(local.Addr(), n.port)
}

// A host is one address of the network.
type host struct {
	net  *Network
	addr netip.Addr
}

var _ transport.Network = (*host)(nil)

// local reads an address to bind to; the unspecified one means the host's own.
func (h *host) local(addr string) (netip.AddrPort, error) {
	ap, err := netip.ParseAddrPort(addr)
	if err != nil {
		return ap, err
	}
	if ap.Addr().IsUnspecified() {
		return netip.AddrPortFrom(h.addr, ap.Port()), nil
	}
	return ap, nil
}

// ListenPacket opens a datagram socket.
func (h *host) ListenPacket(_ context.Context, _, addr string) (transport.PacketConn, error) {
	s, err := open(h, addr, h.net.sockets, func(local netip.AddrPort) *socket {
		return &socket{net: h.net, local: local, in: make(chan packet, 1024), closed: make(chan struct{})}
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Listen opens a stream listener.
func (h *host) Listen(_ context.Context, _, addr string) (net.Listener, error) {
	l, err := open(h, addr, h.net.listeners, func(local netip.AddrPort) *listener {
		return &listener{net: h.net, local: local, in: make(chan net.Conn, 64), closed: make(chan struct{})}
	})
	if err != nil {
		return nil, err
	}
	return l, nil
}

// open makes what receives at an address, which nothing in the table may do yet.
func open[T any](h *host, addr string, table map[netip.AddrPort]*T, fresh func(netip.AddrPort) *T) (*T, error) {
	local, err := h.local(addr)
	if err != nil {
		return nil, err
	}
	n := h.net
	n.mu.Lock()
	defer n.mu.Unlock()
	local = n.bind(local)
	if table[local] != nil {
		return nil, fmt.Errorf("transporttest: bind %s: %w", local, syscall.EADDRINUSE)
	}
	table[local] = fresh(local)
	return table[local], nil
}

// Dial opens a connection.
func (h *host) Dial(ctx context.Context, _, addr string) (net.Conn, error) {
	remote, err := netip.ParseAddrPort(addr)
	if err != nil {
		return nil, err
	}
	if f := h.net.Filtered; f != nil && f(remote) {
		<-ctx.Done()
		return nil, context.Cause(ctx)
	}
	n := h.net
	n.mu.Lock()
	local := n.bind(netip.AddrPortFrom(h.addr, 0))
	l := n.listeners[remote]
	n.mu.Unlock()
	refused := fmt.Errorf("transporttest: connect %s: %w", remote, syscall.ECONNREFUSED)
	if l == nil {
		return nil, refused
	}
	ours, theirs := net.Pipe()
	select {
	case l.in <- &conn{Conn: theirs, local: remote, remote: local}:
		return &conn{Conn: ours, local: local, remote: remote}, nil
	case <-l.closed:
		return nil, refused
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// LocalAddr returns the address of the host.
func (h *host) LocalAddr(context.Context, netip.Addr) (netip.Addr, error) { return h.addr, nil }
