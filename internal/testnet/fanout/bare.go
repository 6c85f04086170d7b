package fanout

import (
	"fmt"
	"io"
	"net"
	"sync"
	"testing"

	"github.com/confab-chat/confab/websocket/wsframe"
)

const (
	bareHead   = 414 // octets of a copy besides the body
	bareAnswer = 200 // octets that come back for it
)

// bareConn is a connection of the bare server: octets wait in a buffer for the
// goroutine that writes.
type bareConn struct {
	nc     net.Conn
	framed bool // WebSocket: what is sent is a message
	wake   chan struct{}

	mu  sync.Mutex
	out []byte
}

func (c *bareConn) send(p []byte) {
	c.mu.Lock()
	first := len(c.out) == 0
	if c.framed {
		c.out = wsframe.Server.Append(c.out, wsframe.Text, p)
	} else {
		c.out = append(c.out, p...)
	}
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

// serveBare sends every frame that comes on the connection of a sender to all
// receivers of his room.
func serveBare(over string, shape Shape, out io.Writer) error {
	ln, err := listenBare(over)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(out, ln.Addr()); err != nil {
		return err
	}
	for range shape.Rooms {
		conns := make([]*bareConn, shape.Senders+shape.receivers())
		for i := range conns {
			nc, err := ln.Accept()
			if err != nil {
				return err
			}
			conns[i] = &bareConn{nc: nc, framed: over == WebSocket, wake: make(chan struct{}, 1)}
			go conns[i].write()
			if _, err := fmt.Fprintln(out, "accepted"); err != nil {
				return err
			}
		}
		receivers := conns[shape.Senders:]
		for _, c := range conns[:shape.Senders] {
			go spread(c, receivers, bareHead+shape.Octets)
		}
		for _, c := range receivers {
			go discard(c.nc)
		}
	}
	return Usage(out)
}

// spread sends frames on, each answered to its sender.
func spread(sender *bareConn, receivers []*bareConn, frame int) {
	buf, held := make([]byte, 32<<10), 0
	for {
		n, err := sender.nc.Read(buf[held:])
		if err != nil {
			return
		}
		held += n
		for held >= frame {
			for _, to := range receivers {
				to.send(buf[:frame])
			}
			sender.send(buf[:bareAnswer])
			held = copy(buf, buf[frame:held])
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

// startBare starts a bare server and connects its load. Its senders do not
// receive.
func startBare(b *testing.B, over string, shape Shape) *side {
	b.Helper()
	s := &side{Server: start(b, asBare, over, shape.numbers()...)}
	var senders []net.Conn
	for range shape.Rooms {
		room := newFlow(shape.receivers())
		s.flows = append(s.flows, room)
		for range shape.Senders {
			nc := s.dial()
			s.Line()
			go discard(nc)
			senders = append(senders, nc)
		}
		for range shape.receivers() {
			nc := s.dial()
			s.Line()
			go takeBare(nc, room, bareHead+shape.Octets)
		}
	}
	frame := make([]byte, bareHead+shape.Octets)
	s.send = func(i int) error {
		_, err := senders[shape.sender(i)].Write(frame)
		return err
	}
	return s
}

// takeBare counts the copies that come on a connection, and answers them.
func takeBare(nc net.Conn, f *flow, frame int) {
	buf, held, got := make([]byte, 32<<10), 0, 0
	answer := make([]byte, (len(buf)/frame+1)*bareAnswer)
	for {
		n, err := nc.Read(buf)
		if err != nil {
			return
		}
		held += n
		k := held / frame
		held -= k * frame
		f.received(got, k)
		got += k
		if _, err := nc.Write(answer[:k*bareAnswer]); err != nil {
			return
		}
	}
}
