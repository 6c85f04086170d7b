package sdp

import (
	"bytes"
	"slices"

	"github.com/confab-chat/confab/msrp/msrpwire"
)

// Local is what our side puts into a description about its message stream.
type Local struct {
	URI     msrpwire.URI   // our session URI; its port is the port of the m-line
	Relays  []msrpwire.URI // in front of URI in our path, the farthest first (RFC 4976)
	Address string         // host for c= and o=; empty: the host of URI
	Proto   Proto          // of our offers; empty: ProtoTLS for msrps, else ProtoTCP. Answers take the offer's

	AcceptTypes        TypeList
	AcceptWrappedTypes TypeList
	MaxSize            int64 // octets; 0 or Unlimited states none
	Chatroom           Chatroom
	Direction          Direction // the most we allow, seen from our side
	Fingerprints       []Fingerprint
	CEMA               bool // write a=msrp-cema into offers; answers have it where the offer has [CEMA-01]
	Label              string
	Resources          Resources // preconditions
	File               *File     // what the stream is for, where Policy.Files is set
}

// Stream is the message stream two descriptions agree on.
type Stream struct {
	Index     int          // of its m-line
	Role      Role         // who opens the connection, if one is needed
	Local     msrpwire.URI // our session URI
	Direction Direction    // agreed, seen from our side
	Anchored  bool         // connections follow the peer's c= and m-line, see Target (RFC 6714)
	// Again means that the answer cannot be used as it stands: make another offer,
	// with Local.CEMA unset. [CEMA-04]
	Again bool
	Peer  Message // the peer's latest description
}

// Negotiation is the offer/answer state of one dialog (RFC 3264): the latest
// description of each side and the stream they agree on. One exchange is open
// at a time; SIP sees to that. The zero value with ID set is a dialog without
// any exchange yet. It is not safe for concurrent use.
type Negotiation struct {
	// ID is our sess-id, constant for the dialog. Its low 62 bits count. [SDP-24]
	ID     uint64
	Policy Policy

	// What is in force. A dialog keeps it for life, so both descriptions are
	// kept short.
	local   []byte       // our description, as written
	remote  *Session     // the peer's o= and m-lines, nil before the first exchange
	current Local        // what local was made from
	stream  *Stream      // nil when there is none
	status  *StatusTable // of resources, seen from our side; nil without preconditions

	version uint64     // the highest that a description of ours had
	offered *openOffer // our offer without answer, nil when there is none
}

// Stream returns the stream in force; ok is false when there is none.
func (n *Negotiation) Stream() (s Stream, ok bool) {
	if n.stream == nil {
		return Stream{}, false
	}
	return *n.stream, true
}

// Description returns our description in force, nil before the first exchange.
func (n *Negotiation) Description() *Session {
	if n.local == nil {
		return nil
	}
	s, err := parse(n.local)
	if err != nil {
		return nil // cannot be: Append wrote it
	}
	return s
}

// settle puts an exchange in force. stream is nil when none resulted.
func (n *Negotiation) settle(local, remote *Session, l Local, stream *Stream) {
	n.local, n.remote = bytes.Clone(local.Append(nil)), remote.outline()
	n.current, n.stream = l, stream
}

// outline is what of a description later exchanges ask for.
func (s *Session) outline() *Session {
	o := &Session{Origin: s.Origin, Media: make([]Media, len(s.Media))}
	for i := range s.Media {
		o.Media[i] = refused(&s.Media[i])
	}
	return o
}

// describe makes our description of media. The version grows exactly when the
// text differs from our last one in force; a version that was used for an offer
// the peer refused does not come back with other content. [SDP-24]
func (n *Negotiation) describe(l *Local, media []Media) *Session {
	s := &Session{Name: "-", Connection: l.connection(), Media: media}
	last := n.Description()
	if last != nil && s.Connection.IsZero() { // nothing of ours is left: keep the line
		s.Connection = last.Connection
	}
	s.Origin = Origin{
		Username: "-", SessionID: n.ID & (1<<62 - 1),
		NetType: s.Connection.NetType, AddressType: s.Connection.AddressType, Address: s.Connection.Address,
	}
	if last != nil {
		s.Origin.Version = last.Origin.Version
		if bytes.Equal(s.Append(nil), n.local) {
			return s
		}
	}
	n.version++
	s.Origin.Version = n.version
	return s
}

// connection is our c= line, the host of our URI unless Address is given. [SDP-02]
func (l *Local) connection() Connection {
	switch {
	case l.Address != "":
		return ConnectionOf(l.Address)
	case l.URI.Host != "":
		return ConnectionOf(l.URI.Host)
	}
	return Connection{}
}

// message makes our m-line.
func (l *Local) message(proto Proto, setup Setup, direction Direction) Message {
	m := Message{
		Port: l.URI.Port, Proto: proto, Setup: setup, CEMA: l.CEMA,
		Fingerprints: l.Fingerprints,
		AcceptTypes:  l.AcceptTypes, AcceptWrappedTypes: l.AcceptWrappedTypes,
		MaxSize: l.MaxSize, Path: append(slices.Clone(l.Relays), l.URI), Chatroom: l.Chatroom,
		Direction: direction, Label: l.Label, File: l.File,
	}
	if setup == SetupActive {
		m.Port = discardPort // RFC 6135 §4.2.2 [SDP-01]
	}
	if m.MaxSize == 0 {
		m.MaxSize = Unlimited
	}
	if !proto.Secure() {
		m.Fingerprints = nil
	}
	return m
}
