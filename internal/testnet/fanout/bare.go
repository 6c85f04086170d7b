package fanout

import (
	"context"
	"fmt"
	"io"
	"net"
	"sync"
)

const (
	bareFrame  = 700 // octets of a copy
	bareAnswer = 200 // octets that come back for it
)

// bareConn is a connection of the bare server: octets wait in a buffer for the
// goroutine that writes.
type bareConn struct {
	nc   net.Conn
	wake chan struct{}

	mu  sync.Mutex
	out []byte
}

func (c *bareConn) send(p []byte) {
	c.mu.Lock()
	first := len(c.out) == 0
	c.out = append(c.out, p...)
	c.mu.Unlock()
	if first {
		select {
		case c.wake <- struct{}{}:
		default:
		}
	}
}

func (c *bareConn) write() {
	var buf []byte
	for range c.wake {
		c.mu.Lock()
		buf, c.out = c.out, buf[:0]
		c.mu.Unlock()
		if _, err := c.nc.Write(buf); err != nil {
			return
		}
	}
}

// serveBare sends every bareFrame octets of the first of its n connections to
// all others.
func serveBare(n int, out io.Writer) error {
	var lc net.ListenConfig
	ln, err := lc.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(out, ln.Addr()); err != nil {
		return err
	}
	conns := make([]*bareConn, n)
	for i := range conns {
		nc, err := ln.Accept()
		if err != nil {
			return err
		}
		conns[i] = &bareConn{nc: nc, wake: make(chan struct{}, 1)}
		go conns[i].write()
		if i > 0 {
			go discard(nc)
		}
		if _, err := fmt.Fprintln(out, "accepted"); err != nil {
			return err
		}
	}
	go spread(conns)
	return Usage(out)
}

func spread(conns []*bareConn) {
	buf, held := make([]byte, 32<<10), 0
	for {
		n, err := conns[0].nc.Read(buf[held:])
		if err != nil {
			return
		}
		held += n
		for held >= bareFrame {
			for _, to := range conns[1:] {
				to.send(buf[:bareFrame])
			}
			conns[0].send(buf[:bareAnswer])
			held = copy(buf, buf[bareFrame:held])
		}
	}
}

func discard(nc net.Conn) {
	buf := make([]byte, 4096)
	for {
		if _, err := nc.Read(buf); err != nil {
			return
		}
	}
}

// startBare starts a bare server and connects its load.
func startBare(s *Server, n int) (send func() error) {
	sender := s.dial()
	s.Line()
	go discard(sender)
	for range n - 1 {
		nc := s.dial()
		s.Line()
		go takeBare(nc, s.flow)
	}
	frame := make([]byte, bareFrame)
	return func() error {
		_, err := sender.Write(frame)
		return err
	}
}

// takeBare counts the copies that come on a connection, and answers them.
func takeBare(nc net.Conn, f *flow) {
	buf, answer, held, got := make([]byte, 32<<10), make([]byte, 2*inFlight*bareAnswer), 0, 0
	for {
		n, err := nc.Read(buf)
		if err != nil {
			return
		}
		held += n
		k := held / bareFrame
		held -= k * bareFrame
		f.received(got, got+k)
		got += k
		if _, err := nc.Write(answer[:k*bareAnswer]); err != nil {
			return
		}
	}
}
