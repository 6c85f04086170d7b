package msrp

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/confab-chat/confab/msrp/msrpwire"
	"github.com/confab-chat/confab/wheel"
)

var (
	errRelayClear  = errors.New("msrp: a relay is reached by TLS only")
	errRelayAnswer = errors.New("msrp: answer of the relay makes no sense")
	errRelayProof  = errors.New("msrp: the relay does not know the password")
)

// relayPort is where a relay is found of which nothing else is known.
// RFC 4976 §8.
const relayPort = 2855

// Relay is a relay that a session is reached through (RFC 4976).
type Relay struct {
	// URI is its msrps URI without session-id. Without a port its host is looked
	// up as the domain of a relay.
	URI                msrpwire.URI
	Username, Password string
	// Expires is how long the relay shall serve; 0: its choice.
	Expires time.Duration
}

// RelayHandler is a Handler of a session behind relays.
type RelayHandler interface {
	// Rerouted says that Path has changed: the peer is to be told with another
	// offer.
	Rerouted()
}

// relaying is the state of a session behind relays.
type relaying struct {
	// Fixed after construction.
	relays []Relay
	gone   chan struct{} // closed when the session ends
	why    error         // it ended; set before gone is closed

	// Owned by who authenticates: UseRelays, then one refresh at a time.
	logins []login

	timer wheel.Timer // until the next refresh; guarded by the session's mu

	use []msrpwire.URI // Use-Path; guarded by the session's mu
}

// UseRelays lets the session be reached through relays, the nearest first: it
// connects to the first of them and authenticates at each in turn. It is called
// before the session's description is made, which then has Path, and before
// Connect. The authentication is repeated before it runs out; when that fails,
// the session ends. An error ends the session, too. RFC 4976 §5.1. [REL-02]
func (s *Session) UseRelays(ctx context.Context, relays ...Relay) error {
	if len(relays) == 0 || s.conn.Load() != nil || s.ended.Load() {
		return ErrClosed
	}
	err := s.useRelays(ctx, relays)
	if err != nil {
		s.end(err, false)
	}
	return err
}

func (s *Session) useRelays(ctx context.Context, relays []Relay) error {
	if slices.ContainsFunc(relays, func(r Relay) bool { return !r.URI.Secure }) {
		return errRelayClear
	}
	to, err := s.ep.relayTarget(ctx, relays[0].URI)
	if err != nil {
		return err
	}
	if !s.begins(&relaying{relays: relays, gone: make(chan struct{}), logins: make([]login, len(relays))}) {
		return ErrClosed
	}
	for {
		c, e := s.ep.reach(ctx, to)
		if e != nil {
			return e
		}
		if s.joins(c) {
			break
		}
		if s.ended.Load() {
			return ErrClosed
		}
		s.ep.abandon(c)
	}
	_, err = s.authenticate(ctx)
	return err
}

func (s *Session) begins(r *relaying) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.relay = r
	return !s.ended.Load()
}

// relayTarget finds the nearest relay: by its port, else by SRV, else by the
// registered port. RFC 4976 §8.
func (ep *Endpoint) relayTarget(ctx context.Context, u msrpwire.URI) (target, error) {
	to := target{host: u.Host, port: u.Port, secure: true, name: u.Host, service: true}
	if to.port != 0 {
		return to, nil
	}
	to.port = relayPort
	found, err := ep.cfg.LookupSRV(ctx, "msrps", "tcp", u.Host)
	if missing := (*net.DNSError)(nil); err != nil && (!errors.As(err, &missing) || !missing.IsNotFound) {
		return target{}, err
	}
	if len(found) > 0 { // in the order of RFC 2782 already
		to.host, to.port = strings.TrimSuffix(found[0].Target, "."), found[0].Port
	}
	return to, nil
}

// joins puts the session on the connection to its relay, without binding it.
func (s *Session) joins(c *conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended.Load() || !c.attach(s) {
		return false
	}
	s.conn.Store(c)
	return true
}

// Path returns what the session's description announces: the way through its
// relays, if it has any, the farthest first, and its URI. [REL-02]
func (s *Session) Path() []msrpwire.URI {
	s.mu.Lock()
	defer s.mu.Unlock()
	path := []msrpwire.URI{}
	if s.relay != nil {
		path = append(path, s.relay.use...)
		slices.Reverse(path)
	}
	return append(path, s.uri)
}

// waitsBehindRelay reports that the peer has not been heard yet, nor has answered.
// Called with the connection's mutex held.
func (s *Session) waitsBehindRelay() bool { return s.relay != nil && !s.ready }

// connectRelayed binds the session through its relays.
func (s *Session) connectRelayed() error {
	s.Await()
	c := s.conn.Load()
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.over || c.closed {
		return ErrClosed
	}
	c.sendEmpty(s, slotBind)
	return nil
}

// routes sets the way through the relays, and says whether it is another one.
func (s *Session) routes(use []msrpwire.URI) (changed bool) {
	s.mu.Lock()
	changed = !slices.EqualFunc(use, s.relay.use, msrpwire.URI.Equal)
	s.relay.use = use
	remote := s.remote
	s.mu.Unlock()
	if changed && remote != nil {
		s.SetRemote(remote) // renders the paths anew
	}
	return changed
}

// refreshIn repeats the authentication before it runs out. RFC 4976 §5.1.
func (s *Session) refreshIn(expires time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended.Load() {
		return
	}
	s.ep.wheel.Start(&s.relay.timer, max(expires*4/5, time.Second), func() {
		s.ep.spawn(s.refresh)
	})
}

func (s *Session) refresh() {
	changed, err := s.authenticate(s.ep.life)
	if err != nil {
		s.end(err, true)
		return
	}
	if h, ok := s.cfg.Handler.(RelayHandler); ok && changed {
		h.Rerouted()
	}
}
