package transporttest

import (
	"net"
	"net/netip"
	"sync"
)

// A listener takes the connections of one address.
type listener struct {
	net    *Network
	local  netip.AddrPort
	in     chan net.Conn
	once   sync.Once
	closed chan struct{}
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case <-l.closed:
		return nil, net.ErrClosed
	case c := <-l.in:
		return c, nil
	}
}

func (l *listener) Addr() net.Addr { return net.TCPAddrFromAddrPort(l.local) }

func (l *listener) Close() error {
	l.once.Do(func() {
		l.net.mu.Lock()
		delete(l.net.listeners, l.local)
		l.net.mu.Unlock()
		close(l.closed)
	})
	return nil
}

// A conn is one end of a pipe, with addresses.
type conn struct {
	net.Conn
	local, remote netip.AddrPort
}

func (c *conn) LocalAddr() net.Addr  { return net.TCPAddrFromAddrPort(c.local) }
func (c *conn) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(c.remote) }
