package sdp

import "slices"

// openOffer is an offer of ours that waits for its answer.
type openOffer struct {
	description *Session
	local       Local
	message     Message
	index       int
	removes     bool // the stream
}

// Offer makes an offer of one message stream, the present one where there is
// one. It holds for l.URI what [Negotiation.Answer] says: a URI that differs
// from the present one moves the stream to a new session. The offer stays open
// until [Negotiation.Accept] or [Negotiation.Withdraw].
func (n *Negotiation) Offer(l Local) *Session {
	o := &openOffer{local: l}
	var media []Media
	if last := n.Description(); last != nil {
		media = last.outline().Media // never fewer than before [FOC-MOD-01]
	}
	o.index = n.slot(media)
	o.message = l.message(n.offerProto(&l), n.Policy.offerSetup(), l.Direction)
	if l.Resources.Used {
		o.message.Preconditions = l.Resources.offer(n.status)
	}
	media = slices.Replace(media, o.index, min(o.index+1, len(media)), o.message.Media())
	o.description = n.describe(&l, media)
	n.offered = o
	return o.description
}

// Remove makes an offer that ends the present stream: its m-line has port 0, and still
// names the file if it is for one (RFC 3264 §8.2, RFC 5547 §8.4). It stays open like
// that of [Negotiation.Offer]. Without a stream it repeats what was said.
func (n *Negotiation) Remove() *Session {
	o := &openOffer{local: n.current, removes: true}
	media := slices.Clone(n.Description().Media)
	if n.stream != nil {
		o.index = n.stream.Index
		media[o.index] = refused(&media[o.index])
	}
	o.description = n.describe(&o.local, media)
	n.offered = o
	return o.description
}

// slot is the index of the m-line for our stream: that of the present stream,
// else of a vacant message line, else one more. [SDP-21]
func (n *Negotiation) slot(media []Media) int {
	if n.stream != nil {
		return n.stream.Index
	}
	for i := range media {
		if media[i].Type == "message" && media[i].Attributes == nil {
			return i
		}
	}
	return len(media)
}

func (n *Negotiation) offerProto(l *Local) Proto {
	switch {
	case n.stream != nil && l.URI.Equal(n.stream.Local):
		return n.stream.Peer.Proto // a session that goes on keeps its word
	case l.Proto != "":
		return l.Proto
	case l.URI.Secure:
		return ProtoTLS
	}
	return ProtoTCP
}

// Withdraw forgets our open offer: the peer refused it, and what was in force
// stays. Its version is not used again for something else.
func (n *Negotiation) Withdraw() { n.offered = nil }

// Accept takes the peer's answer to our open offer and returns what it does to
// the stream, whose URI of ours is the one offered. On an [*Error] what was in
// force stays, but the peer has left it: the dialog is to be ended.
func (n *Negotiation) Accept(answer *Session) (Effect, Stream, error) {
	o := n.offered
	if o == nil {
		return EffectNone, Stream{}, malformed("answer without offer")
	}
	n.offered = nil
	// RFC 3264 §6: as many m-lines as the offer.
	if len(answer.Media) != len(o.description.Media) {
		return EffectNone, Stream{}, malformed("answer has another number of m= lines than the offer")
	}
	if answer.Media[o.index].Port == 0 || o.removes {
		if n.stream == nil {
			return EffectNone, Stream{}, refuse(WarnMedia, "message stream refused")
		}
		n.settle(o.description, answer, o.local, nil)
		return EffectRemove, Stream{}, nil
	}
	stream, err := n.judgeAnswer(o, answer)
	if err != nil {
		return EffectNone, Stream{}, err
	}
	effect := EffectNew
	if old := n.stream; old != nil && !old.Again && old.Local.Equal(stream.Local) && samePath(old.Peer.Path, stream.Peer.Path) {
		effect = EffectChange
		stream.Role = old.Role // the connection is there, nobody changes sides
	}
	n.settle(o.description, answer, o.local, stream)
	n.status = nil
	if o.local.Resources.Used {
		n.status = statusOf(stream.Peer.Preconditions, true)
	}
	return effect, *stream, nil
}

func (n *Negotiation) judgeAnswer(o *openOffer, answer *Session) (*Stream, error) {
	m, err := answer.Message(o.index)
	if err != nil {
		return nil, err
	}
	if f := o.message.File; f != nil && (m.File == nil || m.File.TransferID != f.TransferID || !m.File.sameRange(f)) {
		return nil, malformed("answer names no transfer, or another one") // [FT-04]
	}
	if m.Proto != o.message.Proto {
		return nil, refuse(WarnTransport, "answer changes the transport protocol")
	}
	role, err := n.Policy.accept(&m, n.Policy.offerRole)
	if err != nil {
		return nil, err
	}
	var anchored, again bool
	if o.message.CEMA {
		anchored, again = n.Policy.anchorAnswer(&m, role)
	}
	return &Stream{
		Anchored: anchored, Again: again, Index: o.index, Role: role, Local: o.local.URI,
		Direction: m.Direction.Reverse().And(o.message.Direction), Peer: m,
	}, nil
}
