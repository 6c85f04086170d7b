package transport

import (
	"context"
	"fmt"
	"net"
	"net/netip"
)

// Network opens sockets for a Layer. It is a seam for tests.
type Network interface {
	// Listen opens a stream listener; network is "tcp", "tcp4" or "tcp6".
	Listen(ctx context.Context, network, addr string) (net.Listener, error)
	// ListenPacket opens a datagram socket; network is "udp", "udp4" or "udp6".
	ListenPacket(ctx context.Context, network, addr string) (PacketConn, error)
	// Dial opens a stream connection.
	Dial(ctx context.Context, network, addr string) (net.Conn, error)
	// LocalAddr returns the address that the way to remote starts from.
	LocalAddr(ctx context.Context, remote netip.Addr) (netip.Addr, error)
}

// PacketConn is what a Layer needs of a datagram socket; *net.UDPConn has it.
// Its methods are safe for concurrent use.
type PacketConn interface {
	ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error)
	WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error)
	LocalAddr() net.Addr
	Close() error
}

// hostNetwork is the network of the host.
type hostNetwork struct{ socketBuffer int }

func (hostNetwork) Listen(ctx context.Context, network, addr string) (net.Listener, error) {
	var lc net.ListenConfig
	return lc.Listen(ctx, network, addr)
}

func (n hostNetwork) ListenPacket(ctx context.Context, network, addr string) (PacketConn, error) {
	var lc net.ListenConfig
	pc, err := lc.ListenPacket(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	conn, ok := pc.(*net.UDPConn)
	if !ok {
		_ = pc.Close()
		return nil, fmt.Errorf("sip transport: %s is no datagram network", network)
	}
	// A burst of messages waits in the socket; the system may grant less.
	enlarge(conn, n.socketBuffer)
	return everyAddress(conn), nil
}

func (hostNetwork) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, network, addr)
}

// LocalAddr asks the routing table: connecting a UDP socket sends nothing.
func (hostNetwork) LocalAddr(ctx context.Context, remote netip.Addr) (netip.Addr, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "udp", netip.AddrPortFrom(remote, 5060).String())
	if err != nil {
		return netip.Addr{}, err
	}
	defer func() { _ = conn.Close() }()
	return addrPort(conn.LocalAddr()).Addr(), nil
}

// addrPort returns the address of a TCP or UDP socket, IPv4 in its own form.
func addrPort(a net.Addr) netip.AddrPort {
	var ap netip.AddrPort
	switch a := a.(type) {
	case *net.TCPAddr:
		ap = a.AddrPort()
	case *net.UDPAddr:
		ap = a.AddrPort()
	case nil:
		return ap
	default:
		ap, _ = netip.ParseAddrPort(a.String())
	}
	return unmap(ap)
}

func unmap(ap netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}
