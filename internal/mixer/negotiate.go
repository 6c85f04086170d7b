package mixer

import (
	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/msrp/msrpwire"
	"github.com/confab-chat/confab/sdp"
)

// Answer takes an offer of the peer, the first or a later one, and returns our
// answer and the stream's direction as the participant sees it. On an error,
// an [*sdp.Error] as a rule, nothing has changed. [MIX-02]
func (l *Leg) Answer(offer *sdp.Session) (*sdp.Session, conference.Direction, error) {
	proposal, err := l.receive(offer)
	if err != nil {
		return nil, conference.NoStream, err
	}
	local := l.local()
	var fresh *handler
	if proposal.Effect == sdp.EffectNew {
		// RFC 7977 §5.2.2: answered in kind. [SDP-28]
		way, _ := l.mix.mixer.way(proposal.Stream.Peer.Proto, proposal.Transport())
		if fresh, err = l.newSession(&local, proposal.Stream.Peer.Proto, way, proposal.Stream.Peer.Path); err != nil {
			return nil, conference.NoStream, err
		}
	}
	l.mu.Lock()
	if l.done.Load() {
		l.mu.Unlock()
		fresh.end()
		return nil, conference.NoStream, msrp.ErrClosed
	}
	answer, stream := l.talk.Answer(proposal, local)
	after := l.settle(proposal.Effect, stream, fresh, answer.Met())
	l.mu.Unlock()
	after.carryOut()
	return answer, l.terms.Load().direction(), nil
}

// receive judges an offer. One that changes anything about a stream whose
// session was lost gets a new session. [MSRP-CON-06]
func (l *Leg) receive(offer *sdp.Session) (*sdp.Proposal, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.done.Load() {
		return nil, msrp.ErrClosed
	}
	p, err := l.talk.Receive(offer)
	if err == nil && p.Effect == sdp.EffectChange && l.current.Load() == nil {
		p.Effect = sdp.EffectNew
	}
	return p, err
}

// Offer makes an offer of ours: the first, for an INVITE that came without one,
// or what is in force for a re-INVITE without one. [FOC-FAC-10] [SDP-11]
func (l *Leg) Offer() (*sdp.Session, error) {
	local := l.local()
	var fresh *handler
	if h := l.current.Load(); h != nil {
		local.URI = h.session.URI() // the session that is there [FOC-MOD-05]
		var err error
		if local.Fingerprints, err = fingerprints(h.session); err != nil {
			return nil, err
		}
	} else {
		var err error
		proto, way := l.mix.mixer.offered()
		if fresh, err = l.newSession(&local, proto, way, nil); err != nil {
			return nil, err
		}
	}
	l.mu.Lock()
	if l.done.Load() {
		l.mu.Unlock()
		fresh.end()
		return nil, msrp.ErrClosed
	}
	offer := l.talk.Offer(local)
	after := l.replace(fresh)
	l.mu.Unlock()
	after.carryOut()
	return offer, nil
}

// Accept takes the peer's answer to our offer.
func (l *Leg) Accept(answer *sdp.Session) (conference.Direction, error) {
	l.mu.Lock()
	effect, stream, err := l.talk.Accept(answer)
	if err != nil {
		l.mu.Unlock()
		return conference.NoStream, err
	}
	after := l.settle(effect, stream, nil, true)
	l.mu.Unlock()
	after.carryOut()
	return l.terms.Load().direction(), nil
}

// Description returns our description in force, nil before the first exchange.
func (l *Leg) Description() *sdp.Session {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.talk.Description()
}

// local is what the leg says of itself; the URI is missing.
func (l *Leg) local() sdp.Local {
	local := l.mix.mixer.local()
	if l.req.Preconditions {
		local.Resources = sdp.Resources{Used: true, Ready: true, Local: sdp.Optional, Remote: sdp.Optional}
	}
	policy := l.mix.policy.Load()
	local.Chatroom.PrivateMessages, local.Chatroom.Nickname = policy.PrivateMessages, policy.Nicknames // [SDP-07]
	local.Address = l.mix.mixer.cfg.Host
	local.CEMA = local.CEMA && !l.plain.Load()
	return local
}

// newSession makes a session with a fresh URI, which goes into local with the
// fingerprints of the certificate it will show. The peer's path may not be known
// yet.
func (l *Leg) newSession(local *sdp.Local, proto sdp.Proto, way Way, path []msrpwire.URI) (*handler, error) {
	m := l.mix.mixer
	frames := l.quirks.Load().framing(path, m.cfg.Strict)
	h := &handler{leg: l}
	s, err := m.cfg.Endpoint.NewSession(msrp.SessionConfig{
		Handler:       h,
		Secure:        proto.Secure(), // [MSRP-TLS-01]
		WebSocket:     way.WebSocket,
		Host:          way.Host,
		Port:          way.Port,
		MaxSize:       m.cfg.MaxMessage,
		AcceptTypes:   []string{sdp.TypeCPIM}, // [SW-PUB-01]
		BindTimeout:   m.cfg.BindTimeout,
		ChunkTimer:    m.cfg.ChunkWait,
		Whole:         frames.whole,
		ExactRanges:   frames.exact,
		ChunkCap:      frames.chunk,
		Disposition:   frames.disposed,
		Window:        window,
		CongestedTime: m.cfg.Congestion.patience(),
		Patient:       true, // [SW-RPT-04]
	})
	if err != nil {
		return nil, err
	}
	s.Gate(&msrp.Error{Status: msrpwire.StatusForbidden, Comment: "Not in the conference yet"}) // [SW-GEN-09]
	h.session = s
	local.URI = s.URI()
	if local.Fingerprints, err = fingerprints(s); err != nil {
		s.Close()
		return nil, err
	}
	return h, nil
}

// settle puts what was negotiated in force. Called with mu held.
func (l *Leg) settle(effect sdp.Effect, stream sdp.Stream, fresh *handler, met bool) aftermath {
	if effect == sdp.EffectNone {
		return aftermath{leg: l} // [SDP-22]
	}
	if effect == sdp.EffectRemove {
		l.terms.Store(nil)
		l.removed = true
		after := aftermath{leg: l, ended: [3]*handler{l.current.Swap(nil), l.previous, l.moving}, found: l.lost}
		l.previous, l.moving, l.lost = nil, nil, false
		return after // [SDP-21]
	}
	stale := l.moving
	switch {
	case !met && l.current.Load() != nil && fresh != nil:
		// RFC 3312 §6: the old session goes on until there are resources for the new
		// one, which nobody can bind before. [PRE-14]
		l.moving = fresh
		return aftermath{leg: l, ended: [3]*handler{stale}}
	case !met && stale != nil:
		return aftermath{leg: l}
	case fresh == nil && stale != nil:
		fresh, stale, effect = stale, nil, sdp.EffectNew
	}
	l.moving = nil
	after := l.replace(fresh)
	after.ended[2] = stale
	after.terms = termsOf(stream, l.quirks.Load())
	after.terms.since = l.since(after.terms)
	l.removed = false
	after.session = l.current.Load()
	after.begins = effect == sdp.EffectNew && !stream.Again
	if stream.Again {
		l.plain.Store(true)
	}
	l.terms.Store(after.terms)
	return after
}

// since is the place behind which messages are for the participant by new terms. Called
// with mu held. [SDP-19] [SDP-21]
func (l *Leg) since(t *terms) conference.Position {
	switch before := l.terms.Load(); {
	case l.removed, before != nil && !before.receives && t.receives:
		return conference.Position(l.mix.newest.Load())
	case before != nil:
		return before.since
	}
	return 0
}

// replace makes fresh, unless it is nil, the leg's session. The one it replaces
// stays valid until fresh is bound; an older one is given up. Called with mu
// held. [SDP-23]
func (l *Leg) replace(fresh *handler) aftermath {
	after := aftermath{leg: l}
	if fresh == nil {
		return after
	}
	after.passed = l.previous
	l.previous = l.current.Swap(fresh)
	l.bound = false
	return after
}

// aftermath is what is left to do after an exchange, without the lock.
type aftermath struct {
	leg     *Leg
	ended   [3]*handler
	passed  *handler // ended, too; its successor carries on where it stopped
	found   bool     // the conference need not wait any longer
	session *handler
	terms   *terms
	begins  bool
}

func (a aftermath) carryOut() {
	for _, h := range a.ended {
		h.end()
	}
	a.passed.end()
	a.leg.doubt(a.passed)
	if a.found {
		a.leg.tell()
	}
	if a.session == nil {
		return
	}
	if a.terms.again && a.leg.req.Again != nil {
		a.leg.req.Again()
	}
	s := a.session.session
	s.SetPeerMaxSize(maxSize(a.terms.peer.MaxSize)) // [SW-PUB-18]
	if a.begins {
		s.SetFingerprints(announced(&a.terms.peer)...) // first: nobody may bind unseen [MSRP-TLS-07]
		s.SetRemote(a.terms.peer.Path)
	}
	if a.begins && a.leg.open.Load() { // if not, start will begin it
		a.leg.begin(a.session)
	}
}

func maxSize(octets int64) int64 {
	if octets == sdp.Unlimited {
		return 0
	}
	return octets
}
