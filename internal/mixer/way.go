package mixer

import (
	"slices"
	"strings"

	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/sdp"
)

// Way is a way in which the peers of legs connect.
type Way struct {
	Secure    bool // TLS
	WebSocket bool
	Host      string // in the path that is announced; default: Config.Host, else that of the listener
	Port      uint16 // default: Config.Port on plain TCP, else that of the listener
}

// Reached says how the legs are reached, best first. It is called before the
// first leg is reserved; without it they are reached over plain TCP.
func (m *Mixer) Reached(ways ...Way) { m.ways.Store(&ways) }

func (m *Mixer) reached() []Way {
	if ways := m.ways.Load(); ways != nil {
		return *ways
	}
	return []Way{{}}
}

// way finds how a peer connects whose m-line has proto and whose path begins
// with a URI of that transport. TCP/TLS/MSRP is the word for TLS and, with a
// transport ws, for WebSocket, whose encryption may be the work of a server in
// front of ours. RFC 7977 §5.2.2. [SDP-28] [WS-08]
func (m *Mixer) way(proto sdp.Proto, transport string) (Way, bool) {
	ws := strings.EqualFold(transport, "ws")
	if !ws && (proto == sdp.ProtoWS || proto == sdp.ProtoWSS) {
		return Way{}, false
	}
	var found Way
	ok := false
	for _, w := range m.reached() {
		switch {
		case w.WebSocket != ws, !ws && w.Secure != proto.Secure():
		case w.Secure == proto.Secure():
			return m.filled(w), true
		case !ok:
			found, ok = m.filled(w), true
		}
	}
	return found, ok
}

func (m *Mixer) filled(w Way) Way {
	if w.Host == "" {
		w.Host = m.cfg.Host
	}
	if w.Port == 0 && !w.Secure && !w.WebSocket {
		w.Port = m.cfg.Port
	}
	return w
}

// offered is how the peers of our offers connect.
func (m *Mixer) offered() (sdp.Proto, Way) {
	for _, w := range m.reached() {
		switch {
		case w.WebSocket:
		case w.Secure:
			return sdp.ProtoTLS, m.filled(w)
		default:
			return sdp.ProtoTCP, m.filled(w)
		}
	}
	return sdp.ProtoTCP, m.filled(Way{}) // nobody can connect, but we can
}

// protos are the words of m-lines that some way serves.
func (m *Mixer) protos() []sdp.Proto {
	var protos []sdp.Proto
	for _, p := range [...]sdp.Proto{sdp.ProtoTCP, sdp.ProtoTLS, sdp.ProtoWSS, sdp.ProtoWS} {
		serves := func(transport string) bool {
			_, ok := m.way(p, transport)
			return ok
		}
		if slices.ContainsFunc([]string{"tcp", "ws"}, serves) {
			protos = append(protos, p)
		}
	}
	return protos
}

// policy is what every leg demands of its peer.
func (m *Mixer) policy() sdp.Policy {
	return sdp.Policy{
		Protos: m.protos(), Needs: sdp.TypeCPIM, Strict: m.cfg.Strict,
		Carries: func(proto sdp.Proto, transport string) bool {
			_, ok := m.way(proto, transport)
			return ok
		},
	}
}

// fingerprints are those of the certificate that a session will show.
// [MSRP-TLS-04]
func fingerprints(s *msrp.Session) ([]sdp.Fingerprint, error) {
	prints, err := s.Fingerprints()
	out := make([]sdp.Fingerprint, len(prints))
	for i, f := range prints {
		out[i] = sdp.Fingerprint(f)
	}
	return out, err
}

// announced are the fingerprints of the peer's description.
func announced(peer *sdp.Message) []msrp.Fingerprint {
	out := make([]msrp.Fingerprint, len(peer.Fingerprints))
	for i, f := range peer.Fingerprints {
		out[i] = msrp.Fingerprint(f)
	}
	return out
}
