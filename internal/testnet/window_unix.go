//go:build unix

package testnet

import (
	"net"
	"syscall"
)

// SmallWindow has the connections of a dialer take no more octets than about so many
// before somebody reads them. It is settled before a connection begins: a window that
// shrinks later makes the system drop what is on its way, acknowledgements included, and
// both sides wait.
func SmallWindow(d *net.Dialer, octets int) {
	d.Control = func(_, _ string, raw syscall.RawConn) (err error) {
		e := raw.Control(func(fd uintptr) {
			err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, octets)
		})
		if e != nil {
			return e
		}
		return err
	}
}
