package transport

import (
	"crypto/tls"
	"log/slog"
	"net/netip"
	"time"

	"github.com/confab-chat/confab/sip/sipmsg"
)

// Config says how a Layer works. The zero value works.
type Config struct {
	// Log gets what an operator should see; nil discards it.
	Log *slog.Logger
	// Limits bounds messages while they are read.
	Limits sipmsg.Limits
	// Advertise is the host, or host:port, that Via shows as sent-by. Without
	// it the address is that of the listener, or the local address of the way
	// to the destination when the listener is bound to all addresses.
	Advertise string

	// TLS is how listeners identify themselves; without it there are none for
	// TLS. A peer is known by the names of its certificate if TLS verifies it.
	TLS *tls.Config
	// ClientTLS is whom TLS and WSS connections to others trust, and how they
	// identify themselves; nil trusts the roots of the system. Names are checked
	// as RFC 5922 says for TLS, as for HTTPS for WSS, unless InsecureSkipVerify
	// is set.
	ClientTLS *tls.Config
	// WebSocketPath is the path asked for where this side opens a WebSocket,
	// such as "/sip". Without one it opens none: to peers that came by
	// WebSocket there is no way but their own connection.
	WebSocketPath string

	// MaxConnections bounds the connections in total; default 20,000.
	// Accepted ones beyond it are closed at once, new ones are not opened.
	MaxConnections int
	// ConnectionsPerAddress bounds the accepted connections of one IPv4
	// address or IPv6 /64 network; default 1,000.
	ConnectionsPerAddress int
	// Quota counts accepted connections together with those of other protocols,
	// instead of ConnectionsPerAddress; nil: there are no others.
	Quota Quota
	// Partial bounds the octets of messages that have begun and are not complete, of
	// all connections together, apart from the 4 KiB that each connection has for
	// itself; default 64 MiB. A connection that would exceed it is closed.
	Partial int
	// IdleTimeout closes a connection on which nothing was read for so long;
	// default 32 minutes, a little more than the usual session interval, so
	// that refreshes find it open.
	IdleTimeout time.Duration
	// MessageTimeout closes a connection whose message began so long ago and
	// is not complete; default 20 s.
	MessageTimeout time.Duration
	// WriteTimeout cuts a connection that takes no octets for so long;
	// default 10 s.
	WriteTimeout time.Duration
	// DialTimeout is how long a connection may take to come up; default 4 s,
	// after which a message that left UDP for its size goes back to UDP.
	DialTimeout time.Duration
	// HandshakeTimeout is how long the TLS handshake of an accepted connection
	// may take, and what one that we open gets for its handshakes besides
	// DialTimeout; default 10 s.
	HandshakeTimeout time.Duration
	// Handshakes and HandshakesPerAddress bound the TLS handshakes of accepted
	// connections that go on at a time; default 1,000 and, for one IPv4 address
	// or IPv6 /64 network, 100. Connections beyond are closed at once.
	Handshakes, HandshakesPerAddress int
	// OutBuffer bounds the octets that wait to be written to one connection;
	// default 1 MiB. A connection that exceeds it is cut. One message may
	// exceed it alone.
	OutBuffer int
	// PingInterval is the time without input after which a connection that
	// this side opened gets a keep-alive, line ends (RFC 5626 §4.4.1) or a
	// WebSocket ping; no answer within PongTimeout ends it. Zero: none are sent.
	// Pings are always answered.
	PingInterval time.Duration
	// WebSocketPing is the time without input after which a WebSocket peer that
	// connected here gets a ping; no answer within PongTimeout ends the connection.
	// It is the only way to that peer, and browsers send nothing of their own accord;
	// default 50 s, as many proxies close what is idle for a minute.
	WebSocketPing time.Duration
	// PongTimeout is how long the answer to a keep-alive may take; default 10 s (RFC
	// 5626 §4.4.1).
	PongTimeout time.Duration
	// SocketBuffer is the size, in octets, asked for the receive and send
	// buffers of UDP sockets; default 8 MiB. The system may grant less.
	SocketBuffer int

	// Tap sees every message that is read or written, without credentials; nil:
	// nobody does. It is called on the goroutines that read and write, and must not
	// block.
	Tap func(TapEvent)
	// Network opens sockets; nil means those of the host.
	Network Network
}

// Quota counts connections by the address of the peer. It is called from any goroutine
// and must not block.
type Quota interface {
	// Acquire counts one more, or refuses it.
	Acquire(addr netip.Addr) bool
	// Release counts one less.
	Release(addr netip.Addr)
}

func orDefault[T int | time.Duration](v *T, def T) {
	if *v == 0 {
		*v = def
	}
}

// dialTime is how long a connection may take to come up.
func (c *Config) dialTime(transport string) time.Duration {
	if transport == TCP {
		return c.DialTimeout
	}
	return c.DialTimeout + c.HandshakeTimeout
}

func (c Config) withDefaults() Config {
	orDefault(&c.MaxConnections, 20_000)
	orDefault(&c.ConnectionsPerAddress, 1000)
	orDefault(&c.Partial, 64<<20)
	orDefault(&c.IdleTimeout, 32*time.Minute)
	orDefault(&c.MessageTimeout, 20*time.Second)
	orDefault(&c.WriteTimeout, 10*time.Second)
	orDefault(&c.DialTimeout, 4*time.Second)
	orDefault(&c.WebSocketPing, 50*time.Second)
	orDefault(&c.PongTimeout, 10*time.Second)
	orDefault(&c.HandshakeTimeout, 10*time.Second)
	orDefault(&c.Handshakes, 1000)
	orDefault(&c.HandshakesPerAddress, 100)
	orDefault(&c.OutBuffer, 1<<20)
	orDefault(&c.SocketBuffer, 8<<20)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.ClientTLS == nil {
		c.ClientTLS = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if c.Network == nil {
		c.Network = hostNetwork{socketBuffer: c.SocketBuffer}
	}
	return c
}
