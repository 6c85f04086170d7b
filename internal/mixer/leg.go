package mixer

import (
	"errors"
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
	// Identity is who he is; "" if that is not known. Who logs in to open a WebSocket
	// must be it. [WS-06]
	Identity conference.Identity

	// Addresses are the URIs that the user may write into From: the asserted
	// ones, or for an anonymous user the anonymous one alone. [SW-PUB-14]
	Addresses []string
	// Conference are the URIs that mean the conference on this leg: its own,
	// aliases, the focus's Contact, and the one that the user dialled. [SW-PUB-04]
	Conference []string

	// Dialled is the URI by which the participant knows the conference: the one
	// that he called, or the From of our INVITE; default: the conference's own.
	Dialled string

	UserAgent string
	Features  string // Contact and Accept-Contact, in which feature tags stand

	// Preconditions says that descriptions tell of resources (RFC 3312); ours are
	// there from the beginning. [PRE-06]
	Preconditions bool

	// Lost is called, at most once, if the dialog has to end: nobody connected
	// in time, or the peer does not read what it is sent. It must not block.
	// [MSRP-CON-14] [SW-FLOW-04]
	Lost func(err error)
	// Again is called if an answer to our offer cannot be used as it stands: Offer
	// then makes another one. It must not block. [CEMA-04]
	Again func()
}

// Leg is the MSRP session between the mixer and one endpoint. Its methods may
// be called from any goroutine, but there is one exchange of descriptions at a
// time.
type Leg struct {
	// fixed after construction
	owner    *Mixer
	mix      *mix
	req      LegRequest
	meansAll addresses // from req.Conference

	reads  reading // owned by the instance's goroutine
	roster string  // who is there, for those who have no other way to know; as reads

	self    atomic.Pointer[self]    // as whom its user is seen
	quirks  atomic.Pointer[Quirks]  // what its client is known for
	device  atomic.Pointer[string]  // of its GRUU; empty: it has none
	terms   atomic.Pointer[terms]   // what was negotiated last; nil without a stream
	current atomic.Pointer[handler] // of the session that carries the leg, written with mu held
	open    atomic.Bool             // the endpoint is connected
	done    atomic.Bool

	rosterTold atomic.Bool // its user has been sent the roster
	gaveUp     atomic.Bool
	plain      atomic.Bool // offers do not let media be anchored any more

	composing composer
	meter     meter

	place int // among the mix's open legs, -1 if it is not; guarded by mix.mu

	mu       sync.Mutex
	talk     sdp.Negotiation
	previous *handler            // replaced by current, valid until that is bound
	moving   *handler            // will replace current when its resources are there
	bound    bool                // current is, or was before it failed
	lost     bool                // the conference waits for another session
	removed  bool                // the participant has given up the stream
	doubted  conference.Position // the first that an ended session left unconfirmed; 0: none
	letters  letters
	told     bucket // of disposition notifications
}

// self is as whom the user of a leg is seen, and what he may write into From.
type self struct {
	user  conference.User
	mayBe addresses
}

// user is the URI under which everybody sees the leg's user.
func (l *Leg) user() conference.User { return l.self.Load().user }

// masked gives the legs of a user who is called, and wants privacy as he
// answers, his anonymous URI. None of them carries messages yet. [PRV-01]
func (x *mix) masked(e conference.Masked) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, l := range x.legs {
		if l.place < 0 && l.user() == e.User {
			l.self.Store(&self{e.Now, addressesOf([]string{string(e.Now)})})
		}
	}
}

// Reserve makes a leg for an endpoint that the conference has admitted. It
// carries no messages before its endpoint is connected. Asked again for the same
// endpoint it returns the same leg. The error is [ErrFull] or
// [instance.ErrEnded]. [MIX-01] [MIX-04]
func (m *Mixer) Reserve(req LegRequest) (*Leg, error) {
	if n := m.legs.Add(1); m.cfg.MaxLegs > 0 && n > int64(m.cfg.MaxLegs) {
		m.legs.Add(-1)
		return nil, ErrFull
	}
	if req.Dialled == "" {
		req.Dialled = string(req.Instance.ID())
	}
	fresh := &Leg{
		owner: m,
		req:   req, meansAll: addressesOf(req.Conference),
		talk: sdp.Negotiation{ID: sessionID(), Policy: m.policy()}, place: -1,
	}
	fresh.self.Store(&self{req.User, addressesOf(req.Addresses)})
	fresh.Identify(req.UserAgent, req.Features)
	l := m.mixOf(req.Instance).add(fresh)
	if l != fresh {
		m.legs.Add(-1)
	}
	if l == nil {
		return nil, instance.ErrEnded
	}
	return l, nil
}

// Identify tells what client the endpoint is where that was not known when the
// leg was reserved, as that of a user who is called: his User-Agent, and the
// fields in which feature tags stand.
func (l *Leg) Identify(userAgent, features string) {
	q := l.owner.quirksOf(userAgent, features)
	l.quirks.Store(&q)
	_, contact, _ := strings.Cut(features, "<")
	contact, _, _ = strings.Cut(contact, ">")
	device := deviceOf(contact)
	l.device.Store(&device)
}

// Expect keeps what the leg's client says from now on back until the conference has
// decided about its endpoint, which it must be asked to do; until Expect is called that
// is refused. [SW-GEN-09]
func (l *Leg) Expect() {
	if h := l.current.Load(); h != nil {
		h.session.Hold()
	}
}

// Close ends the leg. Nothing is delivered to it or taken from it any more.
// Calls after the first change nothing. [MIX-01] [MIX-05] [SW-GEN-08]
func (l *Leg) Close() {
	if l.done.Swap(true) {
		return
	}
	l.mix.remove(l)
	l.mix.mixer.legs.Add(-1)
	l.composing.stop()
	l.mu.Lock()
	current, previous, moving := l.current.Swap(nil), l.previous, l.moving
	l.previous, l.moving = nil, nil
	l.mu.Unlock()
	moving.end()
	for _, h := range [...]*handler{current, previous} {
		h.end()
		l.doubt(h)
	}
}

// start lets the leg carry messages, now that its endpoint is connected.
// [SW-GEN-09]
func (l *Leg) start() {
	l.open.Store(true)
	l.mu.Lock()
	h := l.current.Load()
	lost := l.lost
	l.mu.Unlock()
	switch {
	case h != nil:
		l.begin(h)
	case lost:
		l.tell()
	}
}

// begin lets a session carry messages: from now on somebody must connect.
func (l *Leg) begin(h *handler) {
	h.session.Gate(nil)
	t := l.terms.Load()
	switch {
	case t == nil, t.again: // our offer is not answered yet, or not usably
	case t.role == sdp.RoleActive:
		if err := h.session.ConnectTo(t.host, t.port); err != nil {
			h.end()
			l.failed(h, err)
		}
	default:
		h.session.Await()
	}
}

// takesPrivate reports whether the leg's client shows private messages as such.
// [SW-PRV-03] [SW-PRV-09]
func (l *Leg) takesPrivate() bool {
	t := l.terms.Load()
	if t == nil {
		return false
	}
	if room := &t.peer.Chatroom; room.Declared {
		return room.PrivateMessages
	}
	return l.quirks.Load().PMUnaware
}

// send queues a copy. The errors are those of [msrp.Session.SendShared];
// ErrClosed also stands for a leg without session. A leg whose output is full is
// cut: who cannot keep up must not hold anybody else. Before its peer has
// connected the copy is dropped instead. [SW-FLOW-01] [SW-FLOW-04] [SW-PUB-15]
func (l *Leg) send(shared *msrp.Shared, ref uint64) error {
	h := l.current.Load()
	if h == nil {
		return msrp.ErrClosed
	}
	err := h.session.SendShared(shared, ref)
	if errors.Is(err, msrp.ErrQueueFull) && l.isBound() && l.mix.mixer.cfg.Congestion == Cut {
		h.session.Close()
		l.failed(h, err)
	}
	return err
}

func (l *Leg) isBound() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.bound
}
