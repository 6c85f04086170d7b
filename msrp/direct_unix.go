//go:build unix

package msrp

import (
	"errors"
	"io"
	"net"
	"syscall"
)

// direct reads from a TCP connection with a buffer only when there is something, and
// writes to it without ever waiting. One goroutine at a time reads and one writes.
type direct struct {
	raw syscall.RawConn
	in  readCall
	out writeCall
}

// readCall is a read. Its method is held as a value, so that no call has to make one.
type readCall struct {
	try  func(fd uintptr) bool
	pool *readPool
	rest []byte // goes in front
	buf  []byte
	n    int
	err  error
}

// writeCall is a write, in the same way.
type writeCall struct {
	try func(fd uintptr) bool
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
	d.in.try, d.out.try = d.in.once, d.out.once
	return d
}

// write writes as much of p as the system takes. Why that was not all is for the next
// ordinary Write to say.
func (d *direct) write(p []byte) (n int) {
	o := &d.out
	o.p, o.n = p, 0
	_ = d.raw.Write(o.try)
	o.p = nil
	return o.n
}

func (o *writeCall) once(fd uintptr) bool {
	n, err := syscall.Write(int(fd), o.p)
	for errors.Is(err, syscall.EINTR) {
		n, err = syscall.Write(int(fd), o.p)
	}
	o.n = max(n, 0)
	return true
}

// read waits until there is something, and returns it behind rest in a buffer of the
// pool; n is how much it is.
func (d *direct) read(pool *readPool, rest []byte) (buf []byte, n int, err error) {
	i := &d.in
	i.pool, i.rest, i.buf, i.n, i.err = pool, rest, nil, 0, nil
	if err = d.raw.Read(i.try); err == nil {
		err = i.err
	}
	buf, i.buf, i.rest = i.buf, nil, nil
	return buf, i.n, err
}

func (i *readCall) once(fd uintptr) bool {
	i.buf = i.pool.takeWith(i.rest)
	n, err := syscall.Read(int(fd), i.buf[len(i.rest):])
	for errors.Is(err, syscall.EINTR) {
		n, err = syscall.Read(int(fd), i.buf[len(i.rest):])
	}
	switch {
	case errors.Is(err, syscall.EAGAIN):
		i.pool.give(i.buf)
		i.buf = nil
		return false
	case err == nil && n == 0:
		err = io.EOF
	}
	i.n, i.err = max(n, 0), err
	return true
}
