package msrp

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// held asks a socket how many octets that were written to it the system of the peer
// has not acknowledged (tcp(7), SIOCOUTQ). A socket whose connection is broken still
// knows, until it is closed.
func held(socket syscall.RawConn) (octets int64, err error) {
	var n uint32
	failed := socket.Control(func(fd uintptr) {
		n, err = unix.IoctlGetUint32(int(fd), unix.SIOCOUTQ)
	})
	if failed != nil {
		return 0, failed
	}
	return int64(n), err
}

// socketKnows says that held can be asked.
const socketKnows = true
