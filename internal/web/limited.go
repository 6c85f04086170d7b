package web

import (
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
)

// Files says whether there are file descriptors for another connection. It is called from
// any goroutine.
type Files interface{ Left() bool }

// limited is a listener that closes connections beyond a limit at once, in total
// and by the network they come from. [SEC-02]
type limited struct {
	net.Listener
	total, perNetwork int
	files             Files // nil: always
	refused           *atomic.Uint64

	mu       sync.Mutex
	open     int
	networks map[netip.Prefix]int
}

func newLimited(l net.Listener, cfg *Config, refused *atomic.Uint64) *limited {
	return &limited{Listener: l, total: cfg.MaxConnections, perNetwork: cfg.ConnectionsPerAddress, files: cfg.Files, refused: refused, networks: make(map[netip.Prefix]int)}
}

// Accept returns the next connection within the limits.
func (l *limited) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		network := networkOf(conn.RemoteAddr())
		if l.enter(network) {
			return &counted{Conn: conn, leave: sync.OnceFunc(func() { l.leave(network) })}, nil
		}
		l.refused.Add(1)
		_ = conn.Close()
	}
}

func (l *limited) enter(network netip.Prefix) bool {
	if l.files != nil && !l.files.Left() {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open >= l.total || l.networks[network] >= l.perNetwork {
		return false
	}
	l.open++
	l.networks[network]++
	return true
}

func (l *limited) leave(network netip.Prefix) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open--
	if l.networks[network]--; l.networks[network] <= 0 {
		delete(l.networks, network)
	}
}

// counted is a connection that counts until it is closed.
type counted struct {
	net.Conn
	leave func()
}

// Close closes the connection.
func (c *counted) Close() error {
	c.leave()
	return c.Conn.Close()
}

// NetConn returns the connection below.
func (c *counted) NetConn() net.Conn { return c.Conn }

// CloseWrite ends the output, where the connection below can do that.
func (c *counted) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return net.ErrClosed
}

// networkOf is the unit for which connections are counted: an IPv4 address, or
// the /64 that one IPv6 subscriber has.
func networkOf(a net.Addr) netip.Prefix {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.Prefix{}
	}
	addr := tcp.AddrPort().Addr().Unmap().WithZone("")
	bits := 64
	if addr.Is4() {
		bits = 32
	}
	p, _ := addr.Prefix(bits)
	return p
}
