package locate

import (
	"crypto/rand"
	"encoding/binary"
	"log/slog"
	"net/netip"
	"time"

	"github.com/confab-chat/confab/sip/transport"
)

// Config says how a [Locator] works. The zero value works.
type Config struct {
	// Log gets what an operator should see; nil discards it.
	Log *slog.Logger
	// Servers are the name servers to ask, in order, as addresses with or without
	// port; default: those of ResolvConf.
	Servers []string
	// Timeout is how long one server may take for one answer; default 2 s. All
	// that is needed for one URI takes at most five times as long.
	Timeout time.Duration
	// Transports are those that requests can leave by, the preferred ones first;
	// default udp, tcp.
	Transports []string
	// Reaches reports whether there is a way to an address; nil: to every one.
	Reaches func(transport string, addr netip.Addr) bool

	// Answers bounds how many answers of name servers are remembered; default 4096.
	Answers int
	// Questions bounds how many are asked at the same time; default 256. Others wait.
	Questions int
	// Rest is how long a target that failed is tried after the others; default
	// 30 s. A Retry-After counts instead, up to MaxRest; default 10 min.
	Rest, MaxRest time.Duration

	// Hosts and ResolvConf are the files of the system; default /etc/hosts and
	// /etc/resolv.conf.
	Hosts, ResolvConf string
	// IntN draws a number from 0 to n-1, n > 0; nil: at random. Now tells the
	// time; default time.Now.
	IntN func(n int) int
	Now  func() time.Time
}

func orDefault[T comparable](v *T, def T) {
	var none T
	if *v == none {
		*v = def
	}
}

func (c Config) withDefaults() Config {
	orDefault(&c.Timeout, 2*time.Second)
	orDefault(&c.Answers, 4096)
	orDefault(&c.Questions, 256)
	orDefault(&c.Rest, 30*time.Second)
	orDefault(&c.MaxRest, 10*time.Minute)
	orDefault(&c.Hosts, "/etc/hosts")
	orDefault(&c.ResolvConf, "/etc/resolv.conf")
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if len(c.Transports) == 0 {
		c.Transports = []string{transport.UDP, transport.TCP}
	}
	if c.Reaches == nil {
		c.Reaches = func(string, netip.Addr) bool { return true }
	}
	if c.IntN == nil {
		c.IntN = intN
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

// intN spreads load; it need not be unguessable, but there is one source only.
func intN(n int) int {
	var b [8]byte
	_, _ = rand.Read(b[:])                                // never fails
	return int(binary.BigEndian.Uint64(b[:]) % uint64(n)) //nolint:gosec // n is positive
}
