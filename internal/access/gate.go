package access

import (
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/confab-chat/confab/internal/identity"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
)

// drainRetry is what callers are told to wait while the server goes down.
const drainRetry = 30 * time.Second

// Config is what a [Gate] knows. Directory and Identity are required.
type Config struct {
	Directory *instance.Directory
	Identity  *identity.Verifier
	Domain    string       // host part of conference URIs, in lower case
	Factories []sipmsg.URI // conference factory URIs

	// Host and Port lead to this server where Domain does not, Port 0 being the
	// transport's default. No Host: Domain does, unless ByListener is set.
	// [FOC-DSP-13]
	Host string
	Port uint16
	// ByListener makes Contact the very address that a request came in on, for
	// servers whose domain no DNS knows. [FOC-DSP-13]
	ByListener bool

	// IOI names our network (inter operator identifier) in charging fields to trusted
	// peers; empty: it is not named. [CHG-01] [CHG-02]
	IOI string

	// Loopback lets requests and connections of ours go to loopback addresses: the
	// server is on loopback itself. Allow lists further addresses that would else be
	// refused; see [Gate.Permit]. [SEC-03]
	Loopback bool
	Allow    []netip.Prefix
}

// Gate looks at requests outside dialogs. It is safe for concurrent use.
type Gate struct {
	// fixed after construction
	cfg Config

	draining atomic.Bool
	self     self

	mu    sync.RWMutex
	ports map[uint16]struct{} // explicit ports that lead here

	listeners []listener // of SIP
	own       []listener // of all protocols
}

// New returns a gate.
func New(cfg Config) *Gate {
	g := &Gate{cfg: cfg, ports: make(map[uint16]struct{})}
	g.cfg.Domain = strings.ToLower(cfg.Domain)
	if cfg.Port != 0 {
		g.ports[cfg.Port] = struct{}{}
	}
	return g
}

// AddPort tells a port that the server listens on.
func (g *Gate) AddPort(port uint16) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.ports[port] = struct{}{}
}

// Drain makes the gate refuse whatever is new with 503. [FOC-TRM-09]
func (g *Gate) Drain() { g.draining.Store(true) }

// Trusted reports whether src is a peer of our trust domain.
func (g *Gate) Trusted(src transport.Source) bool { return g.cfg.Identity.Trusted(src) }

// Draining reports whether Drain was called.
func (g *Gate) Draining() bool { return g.draining.Load() }

// Identify finds out who sent req. The error is the answer to give.
func (g *Gate) Identify(req *sipmsg.Request, src transport.Source) (identity.Identity, *sip.Error) {
	caller, err := g.cfg.Identity.Identify(req, src)
	if err != nil {
		return identity.Identity{}, sip.AsError(err)
	}
	return caller, nil
}

// Admit finds out what req addresses and who sent it. The error is the answer
// to give. [IDN-09]
func (g *Gate) Admit(req *sipmsg.Request, src transport.Source) (Resource, identity.Identity, *sip.Error) {
	if g.draining.Load() {
		return Resource{}, identity.Identity{}, &sip.Error{Status: 503, RetryAfter: drainRetry}
	}
	if !req.URI.IsSIP() {
		return Resource{}, identity.Identity{}, &sip.Error{Status: 416} // [COM-08]
	}
	resource, found := g.Locate(req.URI)
	if !found && g.Trusted(src) {
		return Resource{}, identity.Identity{}, &sip.Error{Status: 404} // [FOC-DSP-02]
	}
	caller, refused := g.Identify(req, src)
	if refused != nil {
		return Resource{}, identity.Identity{}, refused
	}
	if !found || resource.hides(req.Method, caller) {
		return Resource{}, caller, &sip.Error{Status: 404}
	}
	return resource, caller, nil
}
