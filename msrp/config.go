package msrp

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/netip"
	"time"

	"github.com/confab-chat/confab/msrp/msrpwire"
	"github.com/confab-chat/confab/wheel"
)

// Config is the configuration of an Endpoint. The zero value works; zero fields
// have the defaults named.
type Config struct {
	Log *slog.Logger // default: discard

	// Wheel drives all timers. Default: one of its own, closed with the endpoint.
	Wheel *wheel.Wheel

	// Dial opens a stream to an address literal with port. Default: net.Dialer.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Lookup resolves a host name. Default: net.DefaultResolver.
	Lookup func(ctx context.Context, host string) ([]netip.Addr, error)
	// LookupSRV finds the relay of a domain. Default: net.DefaultResolver.
	LookupSRV func(ctx context.Context, service, proto, domain string) ([]*net.SRV, error)

	// TLS identifies the endpoint towards its peers. Certificates, or what chooses
	// them, are taken from it; peers are always asked for a certificate that
	// nobody has to vouch for. nil: a self-signed certificate of the endpoint's
	// own, which fingerprints make good. [MSRP-TLS-06]
	TLS *tls.Config
	// ClientTLS says which authorities vouch for servers that have no fingerprint
	// in their session description; nil: those of the system. [MSRP-TLS-02]
	ClientTLS *tls.Config
	// Login begins to log in to a web server that challenges the handshake of a
	// WebSocket (RFC 7977 §7); nil: a challenge is a refusal. It may be called by
	// several goroutines at once.
	Login func() WebLogin
	// RefuseSHA1 refuses peers whose best fingerprint is SHA-1. [MSRP-TLS-05]
	RefuseSHA1 bool
	// LegacyCipher allows TLS_RSA_WITH_AES_128_CBC_SHA beside the modern suites,
	// for peers that know nothing else. [MSRP-TLS-08]
	LegacyCipher bool

	// Tap sees every message that is read or written; nil: nobody does. It is
	// called by readers and writers of connections and must not block.
	Tap func(TapEvent)

	Matching msrpwire.Matching // how paths are compared [MSRP-PTH-05] [MSRP-PTH-06]
	Limits   msrpwire.Limits   // of the parser [MSRP-FRM-23]

	UnboundMax       int // accepted connections without session; 4,096
	UnboundPerSource int // the same for one address (IPv6: /64); 16
	PerSource        int // all accepted connections of one address; 100
	// BadPerSource is how many requests of one address may fail in a minute on
	// connections without a session; each further one closes its connection. 300
	BadPerSource int
	// Quota counts accepted connections together with those of other protocols,
	// instead of PerSource; nil: there are no others.
	Quota Quota

	SessionsPerConn int // 64 [MSRP-CON-07]

	UnboundTimeout   time.Duration // connection without session; 30 s [MSRP-CON-10]
	HandshakeTimeout time.Duration // TLS and WebSocket; 10 s
	HoldTimeout      time.Duration // a request that overtakes the description of its session, or waits by Session.Hold; 10 s [MSRP-TLS-07]
	HeaderTimeout    time.Duration // first octet to the end of the header; 10 s
	ChunkStall       time.Duration // no octet inside a chunk; 120 s
	KeepAlive        time.Duration // traffic-free time before a keep-alive; 60 s, negative: never [MSRP-CON-11]
	AnswerTimeout    time.Duration // wait for a response; 30 s [MSRP-SND-10]
	Ping             time.Duration // between pings on a WebSocket; 30 s, negative: never [WS-07]
	PongTimeout      time.Duration // wait for the answer to a ping; 60 s
	WriteStall       time.Duration // peer takes no octet; 60 s [SW-FLOW-04]
	FlushTimeout     time.Duration // responses due at the end of input; 2 s [MSRP-CON-16]
	DialTimeout      time.Duration // one address; 10 s [MSRP-URI-08]
	DialTotal        time.Duration // all addresses; 30 s

	ResponseBacklog int   // octets of responses a peer may leave unread; 1 MiB
	PartialOctets   int64 // octets of half-received messages, all sessions; 64 MiB [MSRP-RCV-10]
}

// Quota counts connections by the address of the peer. It is called from any goroutine
// and must not block.
type Quota interface {
	// Acquire counts one more, or refuses it.
	Acquire(addr netip.Addr) bool
	// Release counts one less.
	Release(addr netip.Addr)
}

func (c Config) withDefaults() Config {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Dial == nil {
		c.Dial = (&net.Dialer{KeepAlive: 30 * time.Second}).DialContext
	}
	if c.Lookup == nil {
		c.Lookup = func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		}
	}
	if c.LookupSRV == nil {
		c.LookupSRV = func(ctx context.Context, service, proto, domain string) ([]*net.SRV, error) {
			_, found, err := net.DefaultResolver.LookupSRV(ctx, service, proto, domain)
			return found, err
		}
	}
	setDefault(&c.UnboundMax, 4096)
	setDefault(&c.UnboundPerSource, 16)
	setDefault(&c.PerSource, 100)
	setDefault(&c.BadPerSource, 300)
	setDefault(&c.SessionsPerConn, 64)
	setDefault(&c.UnboundTimeout, 30*time.Second)
	setDefault(&c.HandshakeTimeout, 10*time.Second)
	setDefault(&c.HoldTimeout, 10*time.Second)
	setDefault(&c.HeaderTimeout, 10*time.Second)
	setDefault(&c.ChunkStall, 120*time.Second)
	setDefault(&c.KeepAlive, 60*time.Second)
	setDefault(&c.AnswerTimeout, 30*time.Second)
	setDefault(&c.Ping, 30*time.Second)
	setDefault(&c.PongTimeout, 60*time.Second)
	setDefault(&c.WriteStall, 60*time.Second)
	setDefault(&c.FlushTimeout, 2*time.Second)
	setDefault(&c.DialTimeout, 10*time.Second)
	setDefault(&c.DialTotal, 30*time.Second)
	setDefault(&c.ResponseBacklog, 1<<20)
	setDefault(&c.PartialOctets, 64<<20)
	return c
}

func setDefault[T int | int64 | time.Duration](field *T, value T) {
	if *field == 0 {
		*field = value
	}
}

// SessionConfig is the configuration of a Session. Handler is required; zero
// fields have the defaults named.
type SessionConfig struct {
	Handler Handler

	Secure    bool   // msrps: carried by TLS
	WebSocket bool   // carried by WebSocket: transport ws
	Host      string // of the session's URI; default: the address of the listener
	Port      uint16 // of the session's URI; default: the port of the listener

	MaxSize     int64         // largest message taken, octets; 1 MiB [MSRP-RCV-14]
	AcceptTypes []string      // root types taken, as in accept-types; empty: all [MSRP-RCV-12]
	Partials    int           // half-received messages; 8 [MSRP-RCV-10]
	ChunkTimer  time.Duration // half-received message without new chunk; 120 s [MSRP-RCV-08]
	Seen        *Seen         // recognises repeated messages; nil: nobody does [MSRP-RCV-11]

	Whole       bool // every message in one SEND, never interrupted [MSRP-SND-15]
	ExactRanges bool // chunks of at most 2,048 octets with numeric range-end
	ChunkCap    int  // largest chunk in octets, 0: none
	Disposition bool // the first chunk of what may take several says Content-Disposition: inline, as on WebSockets [WS-04]

	Window        int           // unanswered SENDs; 64 [MSRP-SND-11]
	Patient       bool          // a missing response fails the session only when no other came for AnswerTimeout [SW-RPT-04]
	SoftLimit     int           // queued octets that mean congestion; 256 KiB [SW-FLOW-01]
	HardLimit     int           // queued octets at most; 4 MiB, at least 2 x MaxSize
	MaxQueued     int           // queued messages at most; 1,000
	CongestedTime time.Duration // congestion that ends the session; 120 s, negative: never [SW-FLOW-04]
	HoldOctets    int           // queued before the session is bound; 64 KiB [SW-PUB-15]
	HoldMessages  int           // the same in messages; 100
	BindTimeout   time.Duration // negotiated but not bound; 30 s [MSRP-CON-14]
}

func (c SessionConfig) withDefaults() SessionConfig {
	setDefault(&c.MaxSize, 1<<20)
	setDefault(&c.Partials, 8)
	setDefault(&c.ChunkTimer, 120*time.Second)
	setDefault(&c.Window, 64)
	setDefault(&c.SoftLimit, 256<<10)
	setDefault(&c.HardLimit, max(4<<20, int(2*c.MaxSize)))
	setDefault(&c.MaxQueued, 1000)
	setDefault(&c.CongestedTime, 120*time.Second)
	setDefault(&c.HoldOctets, 64<<10)
	setDefault(&c.HoldMessages, 100)
	setDefault(&c.BindTimeout, 30*time.Second)
	return c
}
