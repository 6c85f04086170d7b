package participant

import (
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/confab-chat/confab/sip/digest"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
)

// Config says who a [UE] is and how it reaches others. Only AOR is required.
type Config struct {
	// AOR is the user's address of record, a SIP URI such as
	// "sip:alice@example.test". It is the From of SIP requests and of messages.
	AOR string
	// Display is the name shown to others; may be empty.
	Display string
	// Username and Password answer challenges (RFC 3261 §22.2), of the mixer's WebSocket
	// as well (RFC 7977 §7). The default username is the user part of AOR. Without
	// password a challenge is a refusal.
	Username, Password string
	// Anonymous hides who the user is from the other participants: requests say so
	// (RFC 3323, RFC 3325), and their From tells nothing. The focus wants to know it
	// all the same, by a password or by Trusted.
	Anonymous bool
	// Trusted says that the next hop belongs to our trust domain: it is told the AOR as
	// P-Preferred-Identity (RFC 3325 §6). [PAR-GEN-04]
	Trusted bool
	// Server is the next hop of all requests outside dialogs, host:port; empty: the
	// URI that is called is resolved. For WebSocket a path may follow; without one
	// it is "/sip".
	Server string
	// Transport is "udp" (the default), "tcp", "tls", "ws" or "wss".
	Transport string
	// TLS is whom TLS trusts, for SIP and MSRP, and the certificate that web servers
	// and others who ask are shown, if there is one; nil: the roots of the system. The
	// server has to prove the domain of Server, or of the URI that is called (RFC
	// 5922).
	TLS *tls.Config
	// Media says how messages are carried; default: MSRP over TCP. TLS is whom it
	// trusts where a mixer announces no fingerprint.
	Media Media
	// Listen is the local address that SIP is received on, with a port or without, which
	// means any free one. Default: the loopback address when the next hop is there, else
	// the address from which the way to the next hop starts.
	Listen string
	// UserAgent is the User-Agent value; default "confab".
	UserAgent string
	// Instance is the value of +sip.instance in Contact, a URN that stays the same
	// for a device (RFC 5626 §4.1); default: a random one for each UE.
	Instance string
	// AcceptTypes are the media types taken inside message/cpim; default: all.
	AcceptTypes []string
	// MaxMessage is the largest message taken, wrapper included, in octets; default
	// 1 MiB.
	MaxMessage int64
	// NoNotifications says that senders are not told what became of their messages,
	// whatever they ask for, and that we do not ask either (RFC 5438). Anonymous users
	// behave so in any case. [IMDN-07]
	NoNotifications bool
	// Preconditions says whether calls wait until resources are there that Reserve gets;
	// default: no. [PAR-CRE-02]
	Preconditions Preconditions
	// Reserve gets the resources of a stream once its answer is known, and then calls
	// done, once, from any goroutine. It must not block; nil: they are always there.
	Reserve func(done func(ok bool))
	// Files says what is done about files that others offer (RFC 5547).
	Files Files
	// Log gets what helps to find faults; nil discards it.
	Log *slog.Logger
	// T1 is the round-trip estimate of RFC 3261 §17.1.1.1; 0 means 500 ms.
	T1 time.Duration

	path string // of WebSocket
}

// unreachable reports whether nobody can connect to us: a client without listener,
// or certificate, of its own.
func (cfg *Config) unreachable() bool {
	return cfg.Transport != transport.UDP && cfg.Transport != transport.TCP
}

func (cfg Config) withDefaults() (Config, error) {
	switch cfg.Transport = strings.ToLower(cfg.Transport); cfg.Transport {
	case "":
		cfg.Transport = transport.UDP
	case transport.UDP, transport.TCP, transport.TLS, transport.WS, transport.WSS:
	default:
		return cfg, fmt.Errorf("participant: transport %q is not available", cfg.Transport)
	}
	cfg.Server, cfg.path, _ = strings.Cut(cfg.Server, "/")
	if cfg.path = "/" + cfg.path; cfg.path == "/" {
		cfg.path = "/sip"
	}
	if cfg.Server != "" {
		if _, _, err := net.SplitHostPort(cfg.Server); err != nil {
			return cfg, fmt.Errorf("participant: server: %w", err)
		}
	}
	if cfg.Listen != "" {
		if at, err := cfg.local(); err != nil || at.Addr().IsUnspecified() {
			return cfg, fmt.Errorf("participant: listen: %q is no address that others can reach", cfg.Listen)
		}
	}
	if cfg.UserAgent == "" {
		cfg.UserAgent = "confab"
	}
	if cfg.Instance == "" {
		cfg.Instance = newInstance()
	}
	if len(cfg.AcceptTypes) == 0 {
		cfg.AcceptTypes = []string{"*"}
	}
	if cfg.MaxMessage == 0 {
		cfg.MaxMessage = 1 << 20
	}
	cfg.Files = cfg.Files.withDefaults()
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return cfg, nil
}

// local is the address of Listen; its port is 0 if none is named.
func (cfg *Config) local() (netip.AddrPort, error) {
	if ip, err := netip.ParseAddr(cfg.Listen); err == nil {
		return netip.AddrPortFrom(ip, 0), nil
	}
	return netip.ParseAddrPort(cfg.Listen)
}

// identity reads the AOR.
func (cfg *Config) identity() (sipmsg.Address, error) {
	uri, err := sipmsg.ParseURI(cfg.AOR)
	if err != nil {
		return sipmsg.Address{}, fmt.Errorf("participant: AOR: %w", err)
	}
	if !uri.IsSIP() || uri.User == "" {
		return sipmsg.Address{}, errors.New("participant: AOR is no SIP URI with a user part")
	}
	return sipmsg.Address{Display: cfg.Display, URI: uri.Address()}, nil
}

// login returns what answers challenges, nil if there is no password.
func (cfg *Config) login(identity sipmsg.Address) *digest.Client {
	if cfg.Password == "" {
		return nil
	}
	if cfg.Username == "" {
		return digest.NewClient(identity.URI.UserDecoded(), cfg.Password)
	}
	return digest.NewClient(cfg.Username, cfg.Password)
}

// newInstance makes a random UUID as a URN (RFC 9562 §5.4).
func newInstance() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
