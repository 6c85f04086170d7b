package mixer

import (
	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/sdp"
)

// Answer takes an offer of the peer, the first or a later one, and returns our
// answer and the stream's direction as the participant sees it. On an error,
// an [*sdp.Error] as a rule, nothing has changed. [MIX-02]
func (l *Leg) Answer(offer *sdp.Session) (*sdp.Session, conference.Direction, error) {
	l.mu.Lock()
	if l.done.Load() {
		l.mu.Unlock()
		return nil, conference.NoStream, msrp.ErrClosed
	}
	proposal, err := l.talk.Receive(offer)
	if err != nil {
		l.mu.Unlock()
		return nil, conference.NoStream, err
	}
	local := l.local()
	var after change
	if proposal.Effect == sdp.EffectNew {
		if after, err = l.renew(&local); err != nil {
			l.mu.Unlock()
			return nil, conference.NoStream, err
		}
	}
	if proposal.Effect == sdp.EffectRemove {
		after.ended, l.session = l.session, nil
	}
	answer, stream := l.talk.Answer(proposal, local)
	connect := l.settle(proposal.Effect, stream)
	l.mu.Unlock()
	after.run(connect)
	return answer, directionOf(l.peer.Load()), nil
}

// Offer makes our first offer, for an INVITE that came without one.
// [FOC-FAC-10] [SDP-11]
func (l *Leg) Offer() (*sdp.Session, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.done.Load() {
		return nil, msrp.ErrClosed
	}
	local := l.local()
	if l.session == nil {
		if _, err := l.renew(&local); err != nil {
			return nil, err
		}
	} else {
		local.URI = l.session.URI() // the session that is there [FOC-MOD-05]
	}
	return l.talk.Offer(local), nil
}

// Accept takes the peer's answer to our offer.
func (l *Leg) Accept(answer *sdp.Session) (conference.Direction, error) {
	l.mu.Lock()
	effect, stream, err := l.talk.Accept(answer)
	if err != nil {
		l.mu.Unlock()
		return conference.NoStream, err
	}
	var after change
	if effect == sdp.EffectRemove {
		after.ended, l.session = l.session, nil
	}
	connect := l.settle(effect, stream)
	l.mu.Unlock()
	after.run(connect)
	return directionOf(l.peer.Load()), nil
}

// local is what the leg says of itself; the URI is missing.
func (l *Leg) local() sdp.Local {
	local := l.mix.mixer.local()
	local.Chatroom.PrivateMessages = l.req.PrivateMessages
	local.Address = l.mix.mixer.cfg.Host
	return local
}

// change is what has to be done about sessions once the lock is released.
type change struct {
	ended *msrp.Session
}

func (c change) run(connect *msrp.Session) {
	if c.ended != nil {
		c.ended.Close()
	}
	if connect != nil {
		// Connect reports failures to the handler, as it does late ones.
		_ = connect.Connect()
	}
}

// renew makes a session with a fresh URI the leg's. The one it replaces stays
// valid until the new one is bound; an older one is given up. [SDP-23]
func (l *Leg) renew(local *sdp.Local) (change, error) {
	m := l.mix.mixer
	h := &handler{leg: l}
	s, err := m.cfg.Endpoint.NewSession(msrp.SessionConfig{
		Handler:     h,
		Host:        m.cfg.Host,
		Port:        m.cfg.Port,
		MaxSize:     m.cfg.MaxMessage,
		AcceptTypes: []string{sdp.TypeCPIM}, // [SW-PUB-01]
		ChunkTimer:  chunkTimer,
		Whole:       wholeMessages(l.req.UserAgent),
		Window:      1024,
		Patient:     true, // [SW-RPT-04]
	})
	if err != nil {
		return change{}, err
	}
	if !l.open.Load() {
		s.Gate(&msrp.Error{Status: 403, Comment: "Not in the conference yet"}) // [SW-GEN-09]
	}
	h.session = s
	after := change{ended: l.previous}
	l.previous, l.session, l.bound = l.session, s, false
	local.URI = s.URI()
	return after, nil
}

// settle notes what was negotiated, and returns the session that has to be
// connected by us, if any.
func (l *Leg) settle(effect sdp.Effect, stream sdp.Stream) *msrp.Session {
	if effect == sdp.EffectNone {
		return nil
	}
	if effect == sdp.EffectRemove || l.session == nil {
		l.peer.Store(nil)
		return nil
	}
	l.peer.Store(&stream)
	l.session.SetPeerMaxSize(maxSize(stream.Peer.MaxSize))
	if effect != sdp.EffectNew {
		return nil
	}
	l.session.SetRemote(stream.Peer.Path)
	if stream.Role == sdp.RoleActive {
		return l.session
	}
	if l.open.Load() {
		l.session.Await()
	}
	return nil
}

func maxSize(octets int64) int64 {
	if octets == sdp.Unlimited {
		return 0
	}
	return octets
}

// directionOf turns our side of the stream round: a conference knows directions
// as its participants see them.
func directionOf(p *sdp.Stream) conference.Direction {
	if p == nil {
		return conference.NoStream
	}
	switch p.Direction.Reverse() {
	case sdp.SendOnly:
		return conference.SendOnly
	case sdp.RecvOnly:
		return conference.RecvOnly
	case sdp.Inactive:
		return conference.Inactive
	case sdp.SendRecv:
	}
	return conference.SendRecv
}
