package transport

import (
	"net"
	"syscall"
)

// Options of socket(7) that let a privileged process exceed the system's limit.
const (
	soSndBufForce = 32
	soRcvBufForce = 33
)

// enlarge asks for large socket buffers, by force where that is allowed.
func enlarge(conn *net.UDPConn, size int) {
	_ = conn.SetReadBuffer(size)
	_ = conn.SetWriteBuffer(size)
	raw, err := conn.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		_ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, soRcvBufForce, size)
		_ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, soSndBufForce, size)
	})
}
