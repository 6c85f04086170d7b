//go:build unix

package msrp

import (
	"net"
	"syscall"
)

// direct writes to a TCP connection without ever waiting. It is used by one goroutine
// at a time.
type direct struct {
	raw syscall.RawConn
	try func(fd uintptr) bool // once, so that it is made only once
	p   []byte
	n   int
}

// newDirect returns nil if nc is no bare TCP connection.
func newDirect(nc net.Conn) *direct {
	tc, ok := nc.(*net.TCPConn)
	if !ok {
		return nil
	}
	raw, err := tc.SyscallConn()
	if err != nil {
		return nil
	}
	d := &direct{raw: raw}
	d.try = d.once
	return d
}

// write writes as much of p as the system takes. Why that was not all is for the next
// ordinary Write to say.
func (d *direct) write(p []byte) (n int) {
	d.p, d.n = p, 0
	_ = d.raw.Write(d.try)
	d.p = nil
	return d.n
}

func (d *direct) once(fd uintptr) bool {
	n, err := syscall.Write(int(fd), d.p)
	for err == syscall.EINTR {
		n, err = syscall.Write(int(fd), d.p)
	}
	d.n = max(n, 0)
	return true
}
