package sdp

import (
	"slices"

	"github.com/confab-chat/confab/msrp/msrpwire"
)

// Effect says what an offer of the peer does to the stream.
type Effect uint8

// The effects.
const (
	// EffectNone: the offer repeats the peer's description. [SDP-22]
	EffectNone Effect = iota
	// EffectNew: a stream begins, or moves to another path: our side needs a
	// session with a new URI. The old one, if any, lives on until the new one
	// is bound. [SDP-23]
	EffectNew
	// EffectChange: same session, other attributes. [SDP-23]
	EffectChange
	// EffectRemove: there is no stream (any more). [SDP-21]
	EffectRemove
)

// Proposal is an offer that can be answered.
type Proposal struct {
	Effect Effect
	Stream Stream // as it will be; Local and the limits Local sets are still missing

	offer *Session
}

// Transport is the transport parameter of the peer's adjacent hop ("tcp",
// "ws"). Our URI carries the same.
func (p *Proposal) Transport() string {
	if len(p.Stream.Peer.Path) == 0 {
		return ""
	}
	return p.Stream.Peer.Path[0].Transport
}

// Decline turns the stream down, or ends it, and leaves the rest of the offer as it is:
// the answer has port 0.
func (p *Proposal) Decline() { p.Effect, p.Stream = EffectRemove, Stream{} }

// Receive judges an offer of the peer. It changes nothing: the caller makes
// what the Proposal needs and then calls [Negotiation.Answer], or refuses the
// offer and everything stays as it is. The error is an [*Error].
func (n *Negotiation) Receive(offer *Session) (*Proposal, error) {
	if n.remote == nil {
		return n.first(offer)
	}
	// RFC 3264 §8: the number of m-lines never decreases. [FOC-MOD-01]
	if len(offer.Media) < len(n.remote.Media) {
		return nil, malformed("offer has fewer m= lines than before")
	}
	// RFC 3264 §8: an unchanged version is a no-op. [SDP-22] [FOC-MOD-01]
	// Only the status of resources may have changed without anybody counting that.
	if offer.Origin.SameVersion(n.remote.Origin) && len(offer.Media) == len(n.remote.Media) && !offer.Desires(Optional) {
		p := &Proposal{Effect: EffectNone, offer: n.remote}
		if n.stream != nil {
			p.Stream = *n.stream
		}
		return p, nil
	}
	return n.again(offer)
}

// first judges the first offer of a dialog.
func (n *Negotiation) first(offer *Session) (*Proposal, error) {
	stream, err := n.choose(offer)
	if err != nil {
		return nil, err
	}
	if stream == nil {
		return nil, refuse(WarnMedia, "no message stream")
	}
	return &Proposal{Effect: EffectNew, Stream: *stream, offer: offer}, nil
}

// again judges an offer that changes what was agreed.
func (n *Negotiation) again(offer *Session) (*Proposal, error) {
	if n.stream == nil || offer.Media[n.stream.Index].Port == 0 {
		return n.vacant(offer)
	}
	// The stream in force comes first; if its new parameters will not do, the
	// whole offer is refused and the old ones stay. [FOC-MOD-01]
	stream, err := n.judge(offer, n.stream.Index)
	if err != nil {
		return nil, err
	}
	p := &Proposal{Effect: EffectNew, Stream: *stream, offer: offer}
	if samePath(stream.Peer.Path, n.stream.Peer.Path) && stream.Peer.Proto == n.stream.Peer.Proto {
		p.Effect = EffectChange
		p.Stream.Local = n.stream.Local
		if stream.Peer.Setup == SetupActPass {
			p.Stream.Role = n.stream.Role // the connection is there, nobody changes sides
		}
	}
	return p, nil
}

// vacant judges a later offer in which no stream is in force or the one in
// force is removed.
func (n *Negotiation) vacant(offer *Session) (*Proposal, error) {
	stream, err := n.choose(offer)
	switch {
	case err != nil && n.stream == nil:
		return nil, err
	case stream == nil:
		// RFC 3264 §8.2: port 0 is answered with port 0. [SDP-21] [FOC-MOD-06]
		return &Proposal{Effect: EffectRemove, offer: offer}, nil
	}
	// RFC 3264 §8.1: a vacant slot, or a new one, brings a new session. [SDP-21]
	return &Proposal{Effect: EffectNew, Stream: *stream, offer: offer}, nil
}

// choose picks the first m-line that will do. No stream and no error: no m-line
// asks for a conversation by messages. [SDP-17] [FOC-JOI-05]
func (n *Negotiation) choose(offer *Session) (*Stream, error) {
	var why error
	for i := range offer.Media {
		media := &offer.Media[i]
		if media.Type != "message" || media.Port == 0 {
			continue
		}
		stream, err := n.judge(offer, i)
		if err == nil {
			return stream, nil
		}
		if why == nil {
			why = err
		}
	}
	return nil, why
}

// judge reads the m-line at index and settles who connects.
func (n *Negotiation) judge(offer *Session, index int) (*Stream, error) {
	m, err := offer.Message(index)
	if err != nil {
		return nil, err
	}
	if err = n.Policy.checkFile(&m); err != nil {
		return nil, err
	}
	role, err := n.Policy.accept(&m, n.Policy.answerRole)
	if err != nil {
		return nil, err
	}
	anchored, err := n.Policy.anchorOffer(&m, role)
	if err != nil {
		return nil, err
	}
	return &Stream{Index: index, Role: role, Direction: m.Direction.Reverse(), Anchored: anchored, Peer: m}, nil
}

func samePath(a, b []msrpwire.URI) bool {
	return slices.EqualFunc(a, b, func(u, v msrpwire.URI) bool { return u.Equal(v) })
}
