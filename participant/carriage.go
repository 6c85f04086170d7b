package participant

import (
	"context"
	"fmt"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/sdp"
	"github.com/confab-chat/confab/sip/invite"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// Media says how messages are carried. The zero value is MSRP over TCP.
type Media struct {
	// Secure carries them over TLS.
	Secure bool
	// WebSocket is the URL, ws or wss, of a mixer that is reached that way only
	// (RFC 7977); Secure then follows from it.
	WebSocket string
	// Relays are those the user is reached through, the nearest first (RFC 4976); Secure
	// then follows, for the way to a relay is.
	Relays []msrp.Relay
	// CEMA lets middleboxes anchor the media (RFC 6714). [CEMA-01]
	CEMA bool
}

// relayChunk is the largest chunk that we send through a relay, in octets: Kamailio
// reads a frame as a whole, and none of 16 KiB.
const relayChunk = 8 << 10

func (m *Media) check() error {
	if len(m.Relays) > 0 {
		m.Secure = true
	}
	if m.WebSocket == "" {
		return nil
	}
	u, err := url.Parse(m.WebSocket)
	if err != nil || u.Scheme != "ws" && u.Scheme != "wss" || u.Host == "" {
		return fmt.Errorf("participant: %q is no URL of a WebSocket", m.WebSocket)
	}
	m.Secure = u.Scheme == "wss"
	return nil
}

// proto is the word of our offers. RFC 7977 §5.2.2: TCP/TLS/MSRP stands for a
// WebSocket, too. [SDP-28]
func (m *Media) proto() sdp.Proto {
	switch {
	case m.Secure:
		return sdp.ProtoTLS
	case m.WebSocket != "":
		return sdp.ProtoWS
	}
	return sdp.ProtoTCP
}

// policy is what we demand of the focus's stream.
func (m *Media) policy() sdp.Policy {
	p := sdp.Policy{Needs: sdp.TypeCPIM, Reach: sdp.ReachDial}
	if m.WebSocket != "" {
		p.Dials, p.Protos = []string{"ws"}, []sdp.Proto{m.proto()}
	}
	return p
}

// relayTime bounds the authentication at relays that nobody waits for.
const relayTime = 30 * time.Second

// way is an MSRP session of ours and what our descriptions say of it.
type way struct {
	ue      *UE
	session *msrp.Session
	live    atomic.Bool        // to be connected: the call it is for stands
	prints  []msrp.Fingerprint // of our certificate
}

// open makes the session; waits says that others can connect to us. Where there are
// relays it blocks until they serve it.
func (w *way) open(ctx context.Context, cfg msrp.SessionConfig, waits bool) error {
	m := &w.ue.cfg.Media
	cfg.Secure, cfg.WebSocket = m.Secure, m.WebSocket != ""
	if !cfg.WebSocket {
		// Where we connect the port is never used (RFC 6135 §4.2.2). [SDP-01]
		cfg.Host, cfg.Port = w.ue.address().Addr().String(), 9
		if waits {
			cfg.Port = w.ue.mediaPort()
		}
	}
	if len(m.Relays) > 0 {
		cfg.ChunkCap = relayChunk
	}
	s, err := w.ue.media.NewSession(cfg)
	if err != nil {
		return err
	}
	w.session = s
	w.prints, err = s.Fingerprints()
	if err == nil && len(m.Relays) > 0 {
		err = s.UseRelays(ctx, m.Relays...) // [REL-02]
	}
	if err != nil {
		s.Close()
	}
	return err
}

// newLine makes an MSRP session for an offer or answer of ours; see [way.open].
func (c *Conference) newLine(ctx context.Context) (*line, error) {
	l := &line{way: way{ue: c.ue}, c: c, ended: make(chan struct{})}
	cfg := msrp.SessionConfig{
		Handler: l, MaxSize: c.ue.cfg.MaxMessage, AcceptTypes: []string{sdp.TypeCPIM}, Seen: c.seen,
	}
	if err := l.open(ctx, cfg, c.options.ordinary); err != nil {
		return nil, err
	}
	return l, nil
}

// withLine makes a session and goes on with then, on the shard that do leads to:
// at once or, where relays have to be asked, later.
func (c *Conference) withLine(do func(func()), then func(*line, error)) {
	ctx, cancel := context.WithTimeout(context.Background(), relayTime)
	if len(c.ue.cfg.Media.Relays) == 0 {
		defer cancel()
		then(c.newLine(ctx))
		return
	}
	c.ue.asking.Go(func() {
		defer cancel()
		l, err := c.newLine(ctx)
		do(func() {
			if c.over && l != nil {
				l.session.Close()
				return
			}
			then(l, err)
		})
	})
}

// local is what we say of our side of the stream.
func (c *Conference) local(l *line) sdp.Local {
	d := l.described()
	d.AcceptTypes, d.AcceptWrappedTypes = sdp.TypeList{sdp.TypeCPIM}, c.ue.cfg.AcceptTypes
	d.MaxSize = c.ue.cfg.MaxMessage
	d.Chatroom = sdp.Chatroom{Declared: true, Nickname: true, PrivateMessages: true}
	d.Resources = c.resources()
	d.CEMA = c.ue.cfg.Media.CEMA && !c.plain
	return d
}

// described is how the session is reached.
func (w *way) described() sdp.Local {
	path := w.session.Path()
	return sdp.Local{
		URI: w.session.URI(), Relays: path[:len(path)-1], Proto: w.ue.cfg.Media.proto(), Fingerprints: w.announced(),
	}
}

// announced are the fingerprints of our certificate, which a mixer behind a
// relay never sees.
func (w *way) announced() []sdp.Fingerprint {
	if len(w.ue.cfg.Media.Relays) > 0 {
		return nil
	}
	out := make([]sdp.Fingerprint, len(w.prints))
	for i, f := range w.prints {
		out[i] = sdp.Fingerprint(f)
	}
	return out
}

// connect opens the way to the mixer, or takes the one through our relays.
// [MSRP-CON-01]
func (w *way) connect(stream *sdp.Stream) error {
	prints := make([]msrp.Fingerprint, len(stream.Peer.Fingerprints))
	for i, f := range stream.Peer.Fingerprints {
		prints[i] = msrp.Fingerprint(f)
	}
	w.live.Store(true)
	w.session.SetFingerprints(prints...) // [MSRP-TLS-05]
	w.session.SetRemote(stream.Peer.Path)
	if stream.Role == sdp.RolePassive {
		w.session.Await()
		return nil
	}
	if address := w.ue.cfg.Media.WebSocket; address != "" {
		return w.session.ConnectWebSocket(address)
	}
	return w.session.ConnectTo(stream.Target())
}

// Rerouted implements [msrp.RelayHandler]: the focus is told the new way. [REL-02]
func (l *line) Rerouted() {
	if !l.live.Load() {
		return // the path is not in any description in force
	}
	l.c.onShard(func(c *Conference) {
		if c.currentLine() == l && !c.over {
			c.tellAgain(l)
		}
	})
}

// tellAgain makes another offer of the session that is there.
func (c *Conference) tellAgain(l *line) {
	offer := c.talk.Offer(c.local(l)).Append(nil)
	c.session.Reinvite(invite.Answer{Body: offer}, func(resp *sipmsg.Response, err error) {
		if err != nil {
			c.talk.Withdraw()
		} else {
			err = c.accept(resp.Body)
		}
		if err != nil && !c.over {
			c.hangUp(err)
		}
	})
}
