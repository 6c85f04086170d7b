package msrp

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/confab-chat/confab/msrp/msrpwire"
	"github.com/confab-chat/confab/wheel"
)

// Session is one MSRP session. Its methods are safe for concurrent use.
type Session struct {
	// Fixed after construction.
	ep  *Endpoint
	uri msrpwire.URI
	cfg SessionConfig

	conn    atomic.Pointer[conn] // set once, when bound or connecting
	gate    atomic.Pointer[gate] // before everything with content, nil = open; written with mu held
	peerMax atomic.Int64         // largest message of the peer, 0 = any
	ended   atomic.Bool          // set with mu held

	congested atomic.Int64 // since when the output has been full, 0 = it is not; set with the connection's mutex held

	// Guarded by mu; what sending needs, by the connection's mutex once conn
	// is set.
	relay *relaying // set before conn; nil without relays

	mu       sync.Mutex
	remote   []msrpwire.URI
	prints   []Fingerprint // of the peer
	known    chan struct{} // closed when remote is set or the session ends; nil: nobody waits
	timer    wheel.Timer   // bind timeout
	partials []*Incoming
	held     int64 // octets of half-received messages
	refused  []refused

	// Guarded by mu until conn is set, then by the connection's mutex.
	paths      []byte // To-Path and From-Path lines of our requests
	queue      fifo
	queued     int // octets in queue
	flat       int // octets rendered and not yet written
	frames     int // messages in queue or rendered
	open       int // requests that wait for a response
	ready      bool
	over       bool // no longer on its connection
	streaming  bool // takes turns with others for a large message
	lastAnswer int64
	reports    map[string]*awaited
	recent     *recent             // nil: nothing has been sent yet
	rejected   map[string]struct{} // kinds of messages that the peer refuses
	left       []uint64            // of an ended session: what is unconfirmed
}

// NewSession makes a session with a fresh URI. A passive session is announced
// with URI in the session description, told the peer's path with SetRemote and
// bound by the peer; see Await. An active one calls Connect.
func (ep *Endpoint) NewSession(cfg SessionConfig) (*Session, error) {
	s := &Session{ep: ep, cfg: cfg.withDefaults()}
	s.uri = msrpwire.URI{
		Secure: cfg.Secure, Host: cfg.Host, Port: cfg.Port,
		SessionID: msrpwire.NewSessionID(), // [MSRP-URI-04] [MSRP-URI-05]
		Transport: "tcp",
	}
	if cfg.WebSocket {
		s.uri.Transport = "ws"
	}
	if cfg.WebSocket && s.uri.Host == "" {
		// RFC 7977 §5.2.1: nobody can connect to us. [WS-05]
		s.uri.Host, s.uri.Port = strings.ToLower(msrpwire.NewSessionID()[:12])+".invalid", 2855
	}
	if s.uri.Host == "" || s.uri.Port == 0 {
		a := ep.address(cfg.Secure)
		if s.uri.Host == "" && a.IsValid() {
			s.uri.Host = a.Addr().Unmap().String()
		}
		if s.uri.Port == 0 {
			s.uri.Port = a.Port()
		}
	}
	return s, ep.add(s)
}

// URI returns the session's own URI, to be announced as its path.
func (s *Session) URI() msrpwire.URI { return s.uri }

// SetRemote sets the peer's path as its session description has it. It takes
// effect for requests rendered afterwards. Before it is set nothing can bind
// the session.
func (s *Session) SetRemote(path []msrpwire.URI) {
	// RFC 4975 §7.1: the peer's whole path, and our single URI. [MSRP-PTH-01]
	s.mu.Lock()
	to := path
	if s.relay != nil {
		to = append(slices.Clone(s.relay.use), path...) // [REL-02]
	}
	lines := msrpwire.AppendPaths(nil, msrpwire.MakePath(to...), msrpwire.MakePath(s.uri))
	s.remote = path
	s.tellWaiting()
	c := s.conn.Load()
	if c == nil {
		s.paths = lines
	}
	s.mu.Unlock()
	if c != nil {
		c.mu.Lock()
		s.paths = lines
		c.mu.Unlock()
	}
}

// SetPeerMaxSize sets the max-size of the peer, 0 for none. [MSRP-SND-14]
func (s *Session) SetPeerMaxSize(octets int64) { s.peerMax.Store(octets) }

// Await starts the time within which the peer must bind a passive session;
// after it the session ends with ErrUnbound. [MSRP-CON-14]
func (s *Session) Await() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended.Load() || s.conn.Load() != nil && s.relay == nil {
		return
	}
	s.ep.wheel.Start(&s.timer, s.cfg.BindTimeout, s.unbound)
}

func (s *Session) unbound() {
	c := s.conn.Load()
	if c != nil {
		c.mu.Lock()
		waits := s.waitsBehindRelay()
		c.mu.Unlock()
		if !waits {
			return
		}
	}
	s.end(ErrUnbound, true)
}

// Close ends the session. Nothing of it is sent afterwards but responses to
// what was read before; requests to it get 481. [MSRP-CON-17]
func (s *Session) Close() { s.end(nil, false) }

// end ends the session, for the first time only. When it returns nothing is sent
// any more.
func (s *Session) end(err error, tell bool) {
	s.mu.Lock()
	if s.ended.Load() {
		s.mu.Unlock()
		if c := s.conn.Load(); c != nil {
			c.detach(s) // whoever was first may not have come to it yet
		}
		return
	}
	s.ended.Store(true)
	s.tellWaiting()
	s.swing(nil)
	s.timer.Stop()
	if s.relay != nil {
		s.relay.timer.Stop()
		s.relay.why = errors.Join(ErrClosed, err)
		close(s.relay.gone) // end comes but once
	}
	c := s.conn.Load()
	if c == nil {
		s.left = s.waiting(nil)
		s.over, s.queue, s.queued, s.frames = true, fifo{}, 0, 0
	}
	s.dropPartials()
	s.mu.Unlock()
	s.ep.remove(s)
	if c != nil {
		c.detach(s)
	}
	if tell {
		s.cfg.Handler.Ended(err)
	}
}

// congests notes that the output has reached the soft limit, true if it had
// not before. Called with the connection's mutex held.
func (s *Session) congests() bool {
	if s.congested.Load() != 0 || s.queued+s.flat < s.cfg.SoftLimit && s.frames < s.cfg.MaxQueued*4/5 {
		return false
	}
	s.congested.Store(s.ep.now())
	return true
}

// relieved is the opposite of congests.
func (s *Session) relieved() bool {
	if s.congested.Load() == 0 || s.queued+s.flat >= s.cfg.SoftLimit/2 || s.frames >= s.cfg.MaxQueued*2/5 {
		return false
	}
	s.congested.Store(0)
	return true
}

// Busy reports whether there is output that has not left yet, for a peer that is
// connected.
func (s *Session) Busy() bool {
	c := s.conn.Load()
	if c == nil {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return !s.over && s.ready && s.frames > 0
}

// Congested reports whether the output has reached the soft limit, and has not
// fallen under half of it since. [SW-FLOW-01]
func (s *Session) Congested() bool { return s.congested.Load() != 0 }

func (s *Session) notifyCongested(on bool) {
	if h, ok := s.cfg.Handler.(FlowHandler); ok {
		h.Congested(on)
	}
}

// accepts reports that the root type of a message may be given to the handler.
func (s *Session) accepts(contentType string) bool {
	return len(s.cfg.AcceptTypes) == 0 || AcceptsType(s.cfg.AcceptTypes, contentType)
}

// AcceptsType reports whether contentType matches one of the entries of an
// accept-types or accept-wrapped-types list: exactly, by "type/*" or by "*".
// Parameters and letter case play no role. RFC 4975 §8.6. [MSRP-SND-12]
func AcceptsType(list []string, contentType string) bool {
	name := mediaType(contentType)
	for _, entry := range list {
		entry = mediaType(entry)
		prefix, wild := strings.CutSuffix(entry, "*")
		switch {
		case entry == "*", strings.EqualFold(entry, name):
			return true
		case wild && strings.HasSuffix(prefix, "/") && len(name) > len(prefix) &&
			strings.EqualFold(name[:len(prefix)], prefix):
			return true
		}
	}
	return false
}

func mediaType(v string) string {
	v, _, _ = strings.Cut(v, ";")
	return strings.TrimSpace(v)
}
