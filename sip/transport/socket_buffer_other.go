//go:build !linux

package transport

import "net"

// enlarge asks for large socket buffers.
func enlarge(conn *net.UDPConn, size int) {
	_ = conn.SetReadBuffer(size)
	_ = conn.SetWriteBuffer(size)
}
