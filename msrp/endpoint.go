package msrp

import (
	"context"
	"crypto/tls"
	"errors"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/confab-chat/confab/wheel"
)

// Endpoint owns listeners, connections and sessions. Its methods are safe for
// concurrent use.
type Endpoint struct {
	// Fixed after construction.
	cfg      Config
	wheel    *wheel.Wheel
	ownWheel bool
	begin    time.Time
	blocks   blockPool
	reads    readPool
	writers  writers
	tls      *tls.Config                      // of connections that peers open
	own      func() (*tls.Certificate, error) // self-signed, made when first needed
	cnonce   func() string                    // for the answers to challenges
	life     context.Context                  //nolint:containedctx // the endpoint's lifetime: ends dialling
	cancel   context.CancelFunc

	group    sync.WaitGroup // connections, their goroutines, listeners, dials
	partials atomic.Int64   // octets of half-received messages
	refused  atomic.Uint64  // connections, for the limit of their source

	mu        sync.Mutex
	closed    bool
	listeners []*Listener
	sessions  map[string]*Session // by session-id
	conns     map[*conn]struct{}
	dialled   map[string]*dialling // by scheme, host and port
	unbound   map[*conn]struct{}   // accepted connections that had no session yet
	sources   map[netip.Addr]tally // accepted connections
	guesses   guesses
}

// New makes an endpoint. Close or Shutdown gives up what it holds.
func New(cfg Config) *Endpoint {
	cfg = cfg.withDefaults()
	ep := &Endpoint{
		cfg: cfg, wheel: cfg.Wheel, begin: time.Now(),
		sessions: make(map[string]*Session), conns: make(map[*conn]struct{}),
		dialled: make(map[string]*dialling), sources: make(map[netip.Addr]tally), unbound: make(map[*conn]struct{}),
	}
	if ep.wheel == nil {
		ep.wheel, ep.ownWheel = wheel.New(0), true
	}
	ep.own, ep.cnonce = sync.OnceValues(selfSigned), NewMessageID
	ep.tls = ep.cfg.serverTLS(ep.own)
	ep.life, ep.cancel = context.WithCancel(context.Background())
	return ep
}

// now is the endpoint's clock in nanoseconds, never zero.
func (ep *Endpoint) now() int64 { return int64(time.Since(ep.begin)) + 1 }

// add registers a session under its session-id.
func (ep *Endpoint) add(s *Session) error {
	ep.mu.Lock()
	defer ep.mu.Unlock()
	if ep.closed {
		return ErrShutdown
	}
	ep.sessions[s.uri.SessionID] = s
	return nil
}

func (ep *Endpoint) remove(s *Session) {
	ep.mu.Lock()
	defer ep.mu.Unlock()
	delete(ep.sessions, s.uri.SessionID)
}

// session finds a session of ours by its session-id.
func (ep *Endpoint) session(id []byte) *Session {
	ep.mu.Lock()
	defer ep.mu.Unlock()
	return ep.sessions[string(id)]
}

// address is that of the first listener with or without TLS.
func (ep *Endpoint) address(secure bool) netip.AddrPort {
	ep.mu.Lock()
	defer ep.mu.Unlock()
	for _, l := range ep.listeners {
		if l.secure == secure {
			return l.Addr()
		}
	}
	return netip.AddrPort{}
}

// spawn runs f on a goroutine that Shutdown waits for; false after Close.
func (ep *Endpoint) spawn(f func()) bool {
	ep.mu.Lock()
	defer ep.mu.Unlock()
	if ep.closed {
		return false
	}
	ep.group.Go(f)
	return true
}

// Shutdown ends all sessions with ErrShutdown, writes the responses that are
// due, for at most FlushTimeout, and closes everything. When ctx ends first,
// the rest is closed at once and its error returned. Like Close it is not to be
// called from within a handler. [MSRP-CON-17]
func (ep *Endpoint) Shutdown(ctx context.Context) error {
	sessions, conns := ep.stop()
	for _, s := range sessions {
		if s.conn.Load() == nil {
			s.end(ErrShutdown, true)
		}
	}
	for _, c := range conns {
		c.drain(ErrShutdown)
	}
	done := make(chan struct{})
	go func() {
		ep.group.Wait()
		close(done)
	}()
	select {
	case <-done:
		return ep.Close()
	case <-ctx.Done():
		return errors.Join(ctx.Err(), ep.Close())
	}
}

// Close closes everything at once and waits for the endpoint's goroutines.
func (ep *Endpoint) Close() error {
	sessions, conns := ep.stop()
	for _, s := range sessions {
		if s.conn.Load() == nil {
			s.end(ErrShutdown, true)
		}
	}
	for _, c := range conns {
		c.fail(ErrShutdown)
	}
	ep.group.Wait()
	if ep.ownWheel {
		ep.wheel.Close()
	}
	return nil
}

// stop closes the listeners and refuses everything new.
func (ep *Endpoint) stop() (sessions []*Session, conns []*conn) {
	ep.mu.Lock()
	defer ep.mu.Unlock()
	ep.closed = true
	ep.cancel()
	for _, l := range ep.listeners {
		_ = l.nl.Close()
	}
	ep.listeners = nil
	for _, s := range ep.sessions {
		sessions = append(sessions, s)
	}
	for c := range ep.conns {
		conns = append(conns, c)
	}
	return sessions, conns
}
