package digest

import (
	"slices"
	"sync"
	"time"

	"github.com/confab-chat/confab/sip/sipid"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// ServerConfig says what a [Server] asks for. Realm is required.
type ServerConfig struct {
	// Realm is the protection space.
	Realm string
	// Algorithms that are accepted; default SHA-256 alone. Challenges stand in the
	// order SHA-256, MD5 whatever the order here.
	Algorithms []Algorithm
	// Lifetime of a nonce; default 300 s.
	Lifetime time.Duration
	// Remember is how many nonces in use are remembered; default 65536.
	Remember int
	// Now tells the time; default time.Now.
	Now func() time.Time
}

func (c ServerConfig) withDefaults() ServerConfig {
	var algorithms []Algorithm
	for _, a := range []Algorithm{SHA256, MD5} { // RFC 8760 §2.3: most preferred first. [IDN-05]
		if slices.Contains(c.Algorithms, a) || len(c.Algorithms) == 0 && a == SHA256 {
			algorithms = append(algorithms, a)
		}
	}
	c.Algorithms = algorithms
	if c.Lifetime <= 0 {
		c.Lifetime = 300 * time.Second
	}
	if c.Remember <= 0 {
		c.Remember = 1 << 16
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

// Verdict is what a [Server] thinks of credentials.
type Verdict uint8

// The verdicts.
const (
	Wrong Verdict = iota // the response does not prove the password
	Stale                // it does, but the nonce has expired or its count was used
	Valid
)

// String returns the verdict in lower case.
func (v Verdict) String() string {
	switch v {
	case Stale:
		return "stale"
	case Valid:
		return "valid"
	default:
		return "wrong"
	}
}

// Server challenges and verifies. It is safe for concurrent use.
type Server struct {
	// fixed after construction
	cfg    ServerConfig
	mint   mint
	opaque string

	mu   sync.Mutex
	used *used // guarded by mu
}

// NewServer returns a Server with a key of its own: nonces of another one are stale.
func NewServer(cfg ServerConfig) *Server {
	cfg = cfg.withDefaults()
	return &Server{cfg: cfg, mint: newMint(), opaque: sipid.Token(8), used: newUsed(cfg.Remember)}
}

// Challenge returns the WWW-Authenticate fields of a 401: one per algorithm, with the
// same realm and nonce. Stale says that the password was right and only the nonce
// was not (RFC 7616 §3.3). [IDN-05]
func (s *Server) Challenge(stale bool) []sipmsg.Field {
	nonce := s.mint.issue(s.cfg.Now())
	fields := make([]sipmsg.Field, 0, len(s.cfg.Algorithms))
	for _, algorithm := range s.cfg.Algorithms {
		params := sipmsg.Params{
			{Name: "realm", Value: s.cfg.Realm, Quoted: true},
			{Name: "qop", Value: "auth", Quoted: true},
			{Name: "algorithm", Value: string(algorithm)},
			{Name: "nonce", Value: nonce, Quoted: true},
			{Name: "opaque", Value: s.opaque, Quoted: true},
		}
		if stale {
			params = append(params, sipmsg.Param{Name: "stale", Value: "true"})
		}
		value := sipmsg.Auth{Scheme: "Digest", Params: params}.String()
		fields = append(fields, sipmsg.Field{Name: "WWW-Authenticate", Value: value})
	}
	return fields
}

// Credentials finds the credentials for our realm among all that a request carries
// (RFC 3261 §22.3). Those with an algorithm that is not asked for, and those without
// qop unless MD5 is, count as none. [IDN-05] [IDN-14]
func (s *Server) Credentials(h *sipmsg.Header) (Credentials, bool) {
	for _, a := range h.Credentials() {
		c, ok := parseCredentials(a)
		if !ok || c.Realm != s.cfg.Realm || !slices.Contains(s.cfg.Algorithms, c.Algorithm) {
			continue
		}
		if c.qop || c.Algorithm == MD5 {
			return c, true
		}
	}
	return Credentials{}, false
}

// Verify judges credentials by the hash H(username:realm:password) of the user they
// name, which is that of [Algorithm.HA1] for their algorithm; "" is nobody's and
// takes as long. A response that proves the password is Valid once: credentials
// without count serve one request per nonce. [IDN-06]
func (s *Server) Verify(c Credentials, method sipmsg.Method, ha1 string) Verdict {
	if proven := c.proves(ha1, method); !proven || ha1 == "" {
		return Wrong
	}
	now := s.cfg.Now()
	issued, ours := s.mint.issued(c.nonce)
	if age := now.Sub(issued); !ours || age < 0 || age > s.cfg.Lifetime {
		return Stale
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.used.take(c.nonce, issued, max(c.count, 1)) {
		return Stale
	}
	return Valid
}
