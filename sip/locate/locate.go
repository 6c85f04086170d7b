package locate

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
)

// maxTargets bounds how many targets a URI has: nobody tries more.
const maxTargets = 8

// Errors of locating. They may come wrapped.
var (
	// ErrNotFound says that DNS knows no server for a URI.
	ErrNotFound = errors.New("sip locate: no server found")
	// ErrUnreachable says that there is no way to any of the servers found.
	ErrUnreachable = errors.New("sip locate: no way to the server")
)

// Locator finds servers. Its methods are safe for concurrent use.
type Locator struct {
	// fixed after construction
	cfg     Config
	servers []string
	search  []string // domains for names of one label
	asking  chan struct{}

	hosts   hosts
	answers answers
	resting resting
	count   counters
}

// New makes a locator. It opens nothing.
func New(cfg Config) *Locator {
	cfg = cfg.withDefaults()
	l := &Locator{
		cfg:     cfg,
		asking:  make(chan struct{}, cfg.Questions),
		hosts:   hosts{path: cfg.Hosts},
		answers: answers{limit: cfg.Answers, known: make(map[question]*answer)},
		resting: resting{until: make(map[place]time.Time)},
	}
	l.servers, l.search = nameServers(&cfg)
	return l
}

// Literal returns the target of a URI that names its host by address; ok is false for
// all others. The error says that requests cannot leave in this way. It does not block.
func (l *Locator) Literal(uri sipmsg.URI) (to transport.Target, ok bool, err error) {
	h, err := hopOf(uri)
	if !h.addr.IsValid() {
		return transport.Target{}, false, nil
	}
	if err != nil {
		return transport.Target{}, true, err
	}
	to = h.target(h.transportOr(h.fallback()), h.addr)
	return to, true, l.available(to.Transport)
}

// Locate returns the targets for a URI, in the order in which they are to be tried
// (RFC 3263 §4), at least one if there is no error. It blocks until DNS has answered,
// at most for five times Config.Timeout.
func (l *Locator) Locate(ctx context.Context, uri sipmsg.URI) ([]transport.Target, error) {
	if to, ok, err := l.Literal(uri); ok {
		return []transport.Target{to}, err
	}
	h, err := hopOf(uri)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, 5*l.cfg.Timeout)
	defer cancel()
	doors, err := l.doors(ctx, h)
	if err != nil {
		return nil, err
	}
	targets, err := l.open(ctx, doors, h.domain)
	if err != nil {
		l.count.notFound.Add(1)
		return nil, fmt.Errorf("%w: %s", err, h.host)
	}
	l.count.located.Add(1)
	return l.resting.order(targets, l.cfg.Now()), nil
}

// Failed notes that a request to a target failed: it was refused with 503, could not
// be sent or got no answer (RFC 3263 §4.3). For a while the others go first: for
// retry, or for Config.Rest if that is 0.
func (l *Locator) Failed(to transport.Target, retry time.Duration) {
	if retry <= 0 {
		retry = l.cfg.Rest
	}
	l.count.failed.Add(1)
	l.resting.add(placeOf(to), l.cfg.Now().Add(min(retry, l.cfg.MaxRest)))
}

// available refuses transports that requests cannot leave by.
func (l *Locator) available(name string) error {
	if slices.Contains(l.cfg.Transports, name) {
		return nil
	}
	return fmt.Errorf("%w: %s", transport.ErrTransport, name)
}

// door is a host, port and transport at which a server is said to be.
type door struct {
	transport string
	host      string
	port      uint16
}

// doors lists where the server of a name may be, best first (RFC 3263 §4.1, §4.2).
func (l *Locator) doors(ctx context.Context, h hop) ([]door, error) {
	name := h.transportOr(h.fallback())
	if h.transport != "" || h.port != 0 {
		if err := l.available(name); err != nil {
			return nil, err
		}
	}
	switch {
	case h.port != 0:
		return []door{{name, h.host, h.port}}, nil
	case isInvalid(h.host) || isLocalhost(h.host) || len(l.hosts.lookup(h.host)) > 0:
		// A name that is settled here is no domain to ask about services.
		return []door{{name, h.host, defaultPort(name)}}, nil
	case h.transport != "":
		return l.services(ctx, h.transport, service(h.transport, h.host), h.host)
	}
	doors, err := l.byNAPTR(ctx, h)
	if err != nil || len(doors) > 0 {
		return doors, err
	}
	return l.bySRV(ctx, h)
}

// open looks up the addresses of doors, all at the same time, and lists the targets
// in the order of the doors.
func (l *Locator) open(ctx context.Context, doors []door, domain string) ([]transport.Target, error) {
	doors = doors[:min(len(doors), maxTargets)]
	found := make([][]netip.Addr, len(doors))
	errs := make([]error, len(doors))
	var all sync.WaitGroup
	for i, d := range doors {
		all.Go(func() { found[i], errs[i] = l.addresses(ctx, d.host) })
	}
	all.Wait()
	var targets []transport.Target
	err := ErrNotFound
	for i, d := range doors {
		for _, addr := range found[i] {
			to := transport.Target{Transport: d.transport, Addr: netip.AddrPortFrom(addr, d.port), Host: domain}
			if !l.cfg.Reaches(d.transport, addr) {
				err = ErrUnreachable
			} else if len(targets) < maxTargets && !slices.Contains(targets, to) {
				targets = append(targets, to)
			}
		}
	}
	if len(targets) > 0 {
		return targets, nil
	}
	if asked := errors.Join(errs...); asked != nil {
		return nil, asked
	}
	return nil, err
}

func (h *hop) transportOr(name string) string {
	if h.transport != "" {
		return h.transport
	}
	return name
}

func (h *hop) target(name string, addr netip.Addr) transport.Target {
	port := h.port
	if port == 0 {
		port = defaultPort(name)
	}
	return transport.Target{Transport: name, Addr: netip.AddrPortFrom(addr, port), Host: h.domain}
}
