package mixer

import (
	"strings"
	"sync"
	"sync/atomic"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/sdp"
)

// LegRequest is what the focus tells of an endpoint when it reserves a leg.
// [MIX-03] [SW-GEN-02]
type LegRequest struct {
	Instance *instance.Instance
	Endpoint conference.EndpointID
	User     conference.User // the URI under which everybody sees the sender

	// Addresses are the URIs that the user may write into From: the asserted
	// ones, or for an anonymous user the anonymous one alone. [SW-PUB-14]
	Addresses []string
	// Conference are the URIs that mean the conference on this leg: its own,
	// aliases, the focus's Contact, and the one that the user dialled. [SW-PUB-04]
	Conference []string

	UserAgent       string
	PrivateMessages bool // the conference allows private messages

	// Lost is called once if the leg fails before its endpoint ever had
	// messages: nobody connected in time. The dialog has to end. [MSRP-CON-14]
	Lost func(err error)
}

// Leg is the MSRP session between the mixer and one endpoint. Its methods may
// be called from any goroutine.
type Leg struct {
	// fixed after construction
	mix       *mix
	req       LegRequest
	mayBe     map[string]struct{} // keys of req.Addresses
	meansAll  map[string]struct{} // keys of req.Conference
	composing pace

	peer atomic.Pointer[sdp.Stream] // what was negotiated last
	open atomic.Bool                // the endpoint is connected
	done atomic.Bool

	mu       sync.Mutex
	talk     sdp.Negotiation
	session  *msrp.Session // nil without a stream
	previous *msrp.Session // replaced by session, valid until that is bound
	bound    bool          // session is
	lost     bool          // the conference waits for another session
}

// Reserve makes a leg for an endpoint that the conference has admitted. It
// carries no messages before its endpoint is connected. [MIX-01] [MIX-04]
func (m *Mixer) Reserve(req LegRequest) (*Leg, error) {
	if n := m.legs.Add(1); m.cfg.MaxLegs > 0 && n > int64(m.cfg.MaxLegs) {
		m.legs.Add(-1)
		return nil, ErrFull
	}
	m.mu.Lock()
	x := m.mixes[req.Instance.ID()]
	m.mu.Unlock()
	l := &Leg{
		mix: x, req: req,
		mayBe: keySet(req.Addresses), meansAll: keySet(req.Conference),
		talk: sdp.Negotiation{ID: sessionID(), Policy: m.policy()},
	}
	if x == nil || x.inst != req.Instance || !x.add(l) {
		m.legs.Add(-1)
		return nil, instance.ErrEnded
	}
	return l, nil
}

// Close ends the leg. Nothing is delivered to it or taken from it any more.
// Calls after the first change nothing. [MIX-01] [MIX-05] [SW-GEN-08]
func (l *Leg) Close() {
	if l.done.Swap(true) {
		return
	}
	l.mix.remove(l)
	l.mix.mixer.legs.Add(-1)
	l.mu.Lock()
	sessions := [...]*msrp.Session{l.session, l.previous}
	l.session, l.previous = nil, nil
	l.mu.Unlock()
	for _, s := range sessions {
		if s != nil {
			s.Close()
		}
	}
}

// start lets the leg carry messages, now that its endpoint is connected.
func (l *Leg) start() {
	l.open.Store(true)
	l.mu.Lock()
	s := l.session
	l.mu.Unlock()
	if s == nil {
		return
	}
	s.Gate(nil)
	if p := l.peer.Load(); p != nil && p.Role == sdp.RolePassive {
		s.Await()
	}
}

// takes reports whether a copy of a message of mediaType may go to the leg:
// direction, accept-types and accept-wrapped-types as negotiated. [SW-PUB-16]
// [SW-PUB-17] [SDP-19]
func (l *Leg) takes(mediaType string) bool {
	p := l.peer.Load()
	if p == nil || !p.Direction.Sends() {
		return false
	}
	if len(p.Peer.AcceptWrappedTypes) == 0 && !p.Peer.Accepts("text/plain") {
		// Only message/cpim and no list: text is what everybody reads.
		return mediaType == "text/plain" || mediaType == "text/html"
	}
	return p.Peer.AcceptsWrapped(mediaType)
}

// takesPrivate reports whether the leg's client shows private messages as such.
// [SW-PRV-03] [SW-PRV-09]
func (l *Leg) takesPrivate() bool {
	p := l.peer.Load()
	if p == nil {
		return false
	}
	if p.Peer.Chatroom.Declared {
		return p.Peer.Chatroom.PrivateMessages
	}
	for _, beginning := range l.mix.mixer.cfg.PrivateUnaware {
		if strings.HasPrefix(l.req.UserAgent, beginning) {
			return true
		}
	}
	return false
}

// sends reports whether the participant may send regular messages. [SDP-20]
func (l *Leg) sends() bool {
	p := l.peer.Load()
	return p != nil && p.Direction.Receives()
}

// current returns the session that carries the leg, nil if there is none.
func (l *Leg) current() *msrp.Session {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.session
}
