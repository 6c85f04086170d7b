package sdp

// Answer puts the proposal in force and returns our answer with the stream it
// makes; the stream is the zero value after [EffectRemove]. l.URI matters for
// [EffectNew] only, where it must be fresh; a session that goes on keeps its
// URI. For [EffectNone] all of l is ignored: what we said before is said again.
func (n *Negotiation) Answer(p *Proposal, l Local) (*Session, Stream) {
	switch p.Effect {
	case EffectNone:
		l = n.current
	case EffectChange:
		l.URI = n.current.URI
	case EffectRemove:
		l = Local{}
	case EffectNew:
	}
	// RFC 3264 §6: as many m-lines as the offer, in its order. [SDP-16]
	media := make([]Media, len(p.offer.Media))
	for i := range media {
		media[i] = refused(&p.offer.Media[i])
	}
	var agreed *Stream
	if stream := p.Stream; len(stream.Peer.Path) > 0 {
		stream.Local = l.URI
		// RFC 3264 §6.1: what the offer allows, seen from here, and we allow. [SDP-18] [FOC-MOD-04]
		stream.Direction = stream.Peer.Direction.Reverse().And(l.Direction)
		m := l.message(stream.Peer.Proto, stream.Role.setup(), stream.Direction)
		m.CEMA = stream.Anchored // [CEMA-02]
		if n.status = nil; l.Resources.Used {
			m.Preconditions = l.Resources.answer(stream.Peer.Preconditions)
			n.status = statusOf(m.Preconditions, false)
		}
		line := m.Media()
		line.Proto = media[stream.Index].Proto // in the offer's spelling [SDP-25] [SDP-28]
		media[stream.Index] = line
		agreed = &stream
	}
	local := n.describe(&l, media)
	n.settle(local, p.offer, l, agreed)
	s, _ := n.Stream()
	return local, s
}

// refused is the m-line that turns m down: media, proto and fmt stay, the port
// is 0. A file is named again, so that the peer knows which one. [SDP-16] [FT-02]
func refused(m *Media) Media {
	r := Media{Type: m.Type, Proto: m.Proto, Formats: m.Formats}
	if _, ok := m.Attribute(attrFileSelector); !ok {
		return r
	}
	for _, name := range [...]string{attrFileSelector, attrFileTransferID} {
		if v, ok := m.Attribute(name); ok {
			r.Attributes = append(r.Attributes, Attribute{name, v})
		}
	}
	return r
}
