package tcp

import (
	"crypto/tls"
	"net"
)

// Below returns the TCP connection below nc, nil if there is none, and whether TLS is
// among what stands on it. Layers between are passed where they have a method NetConn, as
// [tls.Conn] has.
func Below(nc net.Conn) (conn *net.TCPConn, encrypted bool) {
	for {
		if _, ok := nc.(*tls.Conn); ok {
			encrypted = true
		}
		switch below := nc.(type) {
		case *net.TCPConn:
			return below, encrypted
		case interface{ NetConn() net.Conn }:
			nc = below.NetConn()
		default:
			return nil, encrypted
		}
	}
}

// Reset ends the connection below nc with a reset (RFC 9293 §3.5.2). It is for peers who
// do not take what they are sent: after an ordinary close the system keeps it for as long
// as they answer its probes, and whoever never reads could pile that up. nc must be closed
// as well. Without TCP below Reset does nothing.
func Reset(nc net.Conn) {
	if tc, _ := Below(nc); tc != nil {
		_ = tc.SetLinger(0) // else it is closed in the ordinary way
		_ = tc.Close()
	}
}
