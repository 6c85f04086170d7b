package mixer

import (
	"strings"

	"github.com/confab-chat/confab/imdn"
	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/sdp"
)

// Media types the mixer treats in a way of their own.
const (
	typeComposing = imdn.ComposingType // RFC 3994
	typeIMDN      = imdn.MediaType     // RFC 5438
)

// kind is a wrapped media type that nearly all messages have. Whether a leg
// takes it is settled once for each exchange of descriptions, not per copy.
type kind uint8

const (
	other kind = iota // any type without a kind of its own
	plainText
	htmlText
	composing
	notification
	kinds
)

func (k kind) mediaType() string {
	return [kinds]string{plainText: "text/plain", htmlText: "text/html", composing: typeComposing, notification: typeIMDN}[k]
}

// content is the wrapped type of a message.
type content struct {
	mediaType string // in lower case, without parameters
	kind      kind
}

func contentOf(contentType string) content {
	t, _, _ := strings.Cut(contentType, ";")
	c := content{mediaType: strings.ToLower(strings.TrimSpace(t))}
	for k := plainText; k < kinds; k++ {
		if k.mediaType() == c.mediaType {
			c.kind = k
		}
	}
	return c
}

// terms are what offer and answer agreed on for a leg. They never change: the
// next exchange makes new ones.
type terms struct {
	peer     sdp.Message
	role     sdp.Role
	host     string // where a connection of ours leads [CEMA-02]
	port     uint16
	again    bool                // no use: another offer is made
	sends    bool                // the participant may send
	receives bool                // the participant takes messages,
	since    conference.Position // that stand behind this: what came while he took none he misses
	kinds    [kinds]bool
}

func termsOf(s sdp.Stream, q *Quirks) *terms {
	t := &terms{peer: s.Peer, role: s.Role, sends: s.Direction.Receives(), receives: s.Direction.Sends()}
	t.host, t.port = s.Target()
	t.again = s.Again
	for k := plainText; k < kinds; k++ {
		t.kinds[k] = s.Peer.AcceptsWrapped(k.mediaType())
	}
	t.kinds[notification] = t.kinds[notification] && !q.NoIMDN
	return t
}

// takes reports whether the participant's client takes the wrapped type.
// [SW-PUB-16] [SW-PUB-17]
func (t *terms) takes(c content) bool {
	if c.kind == other {
		return t.peer.AcceptsWrapped(c.mediaType)
	}
	return t.kinds[c.kind]
}

// wants reports whether a copy may go to the participant. Direction governs
// everything but notifications. [SDP-18] [SDP-19]
func (t *terms) wants(c content) bool {
	return t != nil && (t.receives || c.kind == notification) && t.takes(c)
}

// due reports whether a message that was posted may go to the participant. [SDP-19]
func (t *terms) due(k *kept) bool { return t.wants(k.content) && k.at > t.since }

// mayPost reports whether the participant may send a message with such content.
// [SDP-18] [SDP-20]
func (t *terms) mayPost(k kind) bool { return t != nil && (t.sends || k == notification) }

// direction is that of the stream as the participant sees it.
func (t *terms) direction() conference.Direction {
	switch {
	case t == nil:
		return conference.NoStream
	case t.sends && t.receives:
		return conference.SendRecv
	case t.sends:
		return conference.SendOnly
	case t.receives:
		return conference.RecvOnly
	}
	return conference.Inactive
}
