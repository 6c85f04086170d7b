package transport

import (
	"net"
	"net/netip"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// A pathConn is a PacketConn bound to all addresses that tells to which of them a
// packet came, and chooses from which one leaves: a peer that asked one address
// takes no answer from another.
type pathConn interface {
	readPath(b []byte) (n int, from netip.AddrPort, at netip.Addr, err error)
	writePath(b []byte, at netip.Addr, to netip.AddrPort) error
}

// anyConn is a socket of the host bound to all addresses, of IPv4 or, with IPv4
// mapped into them, of IPv6.
type anyConn struct {
	*net.UDPConn
	v6 bool
}

// everyAddress makes a socket tell the address that a packet came to, if it is
// bound to all and the system can do that.
func everyAddress(conn *net.UDPConn) PacketConn {
	local := addrPort(conn.LocalAddr()).Addr()
	if !local.IsUnspecified() {
		return conn
	}
	c := &anyConn{UDPConn: conn, v6: local.Is6()}
	var err error
	if c.v6 {
		err = ipv6.NewPacketConn(conn).SetControlMessage(ipv6.FlagDst, true)
	} else {
		err = ipv4.NewPacketConn(conn).SetControlMessage(ipv4.FlagDst, true)
	}
	if err != nil {
		return conn
	}
	return c
}

// controlSize is enough for the control messages asked for.
const controlSize = 64

func (c *anyConn) readPath(b []byte) (n int, from netip.AddrPort, at netip.Addr, err error) {
	var control [controlSize]byte
	n, size, _, from, err := c.ReadMsgUDPAddrPort(b, control[:])
	if err != nil {
		return 0, from, at, err
	}
	return n, from, c.destination(control[:size]), nil
}

// destination reads the address a packet came to; invalid if nothing can leave
// from there.
func (c *anyConn) destination(control []byte) netip.Addr {
	var ip net.IP
	if c.v6 {
		var m ipv6.ControlMessage
		if m.Parse(control) == nil {
			ip = m.Dst
		}
	} else {
		var m ipv4.ControlMessage
		if m.Parse(control) == nil {
			ip = m.Dst
		}
	}
	at, ok := netip.AddrFromSlice(ip)
	if at = at.Unmap(); !ok || at.IsMulticast() || at == netip.AddrFrom4([4]byte{255, 255, 255, 255}) {
		return netip.Addr{}
	}
	return at
}

func (c *anyConn) writePath(b []byte, at netip.Addr, to netip.AddrPort) error {
	var control []byte
	switch {
	case !at.IsValid():
	case at.Is4(): // to an IPv4 peer, whatever the socket is
		control = (&ipv4.ControlMessage{Src: at.AsSlice()}).Marshal()
	case c.v6:
		control = (&ipv6.ControlMessage{Src: at.WithZone("").AsSlice()}).Marshal()
	}
	_, _, err := c.WriteMsgUDPAddrPort(b, control, to)
	if err != nil && control != nil { // the address is gone, or cannot be chosen here
		_, err = c.WriteToUDPAddrPort(b, to)
	}
	return err
}
