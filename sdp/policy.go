package sdp

import (
	"slices"
	"strings"

	"github.com/confab-chat/confab/msrp/msrpwire"
)

// Policy is what a side demands of the peer's stream.
type Policy struct {
	Protos []Proto  // acceptable transports; nil: all but ProtoWS
	Needs  string   // media type the peer's accept-types must cover, "" for none
	Reach  Reach    // how connections can be made
	Dials  []string // transport parameters we can connect over; nil: "tcp"
	Files  bool     // the stream is for one file (RFC 5547); else it is for a conversation
	// Carries reports whether we are reached by a proto over a transport of path
	// URIs: TCP/TLS/MSRP is the word for TLS and for WebSocket. nil: all are.
	Carries func(proto Proto, transport string) bool
	// Strict follows RFC 6714 to the letter: an offer whose address lines lead
	// elsewhere than its path is refused unless it has msrp-cema. Resolves then
	// reports whether a host name leads to an address; nil: no name does. [CEMA-03]
	Strict   bool
	Resolves func(name, address string) bool
	Own      func(msrpwire.URI) bool // reports URIs of our own; a peer's path may lead through none. nil: no check
}

// accept holds the peer's stream against the policy and settles our role; roles
// is the table to use.
func (p *Policy) accept(m *Message, roles func(Setup) (Role, error)) (Role, error) {
	if err := p.check(m); err != nil {
		return 0, err
	}
	role, err := roles(m.Setup)
	if err != nil {
		return 0, err
	}
	// Only when we connect does the transport of the first URI matter: that of
	// an active peer is a mere identifier. [MSRP-URI-07] [SDP-15]
	if role == RoleActive && !p.dials(m.Path[0].Transport) ||
		role == RolePassive && p.Carries != nil && !p.Carries(m.Proto, m.Path[0].Transport) {
		return 0, refuse(WarnTransport, "transport of path not supported")
	}
	return role, nil
}

// check holds the peer's stream against what does not depend on who connects.
func (p *Policy) check(m *Message) error {
	switch {
	case !p.allows(m.Proto):
		return refuse(WarnTransport, "transport protocol not allowed") // [SDP-25]
	case len(m.Path) == 0:
		return malformed("no path") // [SDP-03]
	case len(m.AcceptTypes) == 0:
		return refuse(WarnFormat, "no accept-types") // [SDP-04]
	case p.Needs != "" && !m.Accepts(p.Needs):
		return refuse(WarnFormat, p.Needs+" not accepted") // [SDP-05]
	case m.Proto.Secure() != m.Path[0].Secure:
		return refuse(WarnTransport, "scheme of path contradicts transport protocol") // [SDP-25]
	}
	if p.Own != nil && slices.ContainsFunc(m.Path, p.Own) {
		return malformed("path leads through us") // [WS-08]
	}
	return nil
}

// checkFile holds the description of the file in an offer, or that there is none,
// against the policy.
func (p *Policy) checkFile(m *Message) error {
	switch {
	case !p.Files && m.File == nil:
		return nil
	case !p.Files:
		return refuse(WarnMedia, "file transfer not available") // [FT-02]
	case m.File == nil:
		return refuse(WarnMedia, "no file transfer")
	case m.Direction != SendOnly && m.Direction != RecvOnly:
		return malformed("file in no direction")
	case !m.File.Complete(m.Direction == SendOnly):
		return malformed("file not described") // [FT-03]
	}
	if _, ok := ParseFileRange(m.File.Range); !ok {
		return malformed("bad file-range")
	}
	return nil
}

func (p *Policy) allows(proto Proto) bool {
	if p.Protos == nil {
		return proto != ProtoWS
	}
	return slices.Contains(p.Protos, proto)
}

// answerRole is our role in an answer to an offer with the given setup.
func (p *Policy) answerRole(offered Setup) (Role, error) {
	switch {
	case offered == SetupPassive && p.Reach != ReachListen:
		return RoleActive, nil // illegal, but seen [SDP-12]
	case offered == SetupActPass && p.Reach == ReachDial:
		return RoleActive, nil // RFC 6135 §4.2.2
	case offered != SetupPassive && p.Reach != ReachDial:
		return RolePassive, nil // [SDP-12] [SDP-14]
	}
	return 0, malformed("neither side can open the connection")
}

func (p *Policy) dials(transport string) bool {
	if p.Dials == nil {
		return strings.EqualFold(transport, "tcp")
	}
	return slices.ContainsFunc(p.Dials, func(t string) bool { return strings.EqualFold(t, transport) })
}

// offerSetup: actpass wherever others can connect to us, never passive.
// RFC 6135 §4.2.2 [SDP-11]
func (p *Policy) offerSetup() Setup {
	if p.Reach == ReachDial {
		return SetupActive
	}
	return SetupActPass
}

// offerRole is our role when the answer to our offer has the given setup.
func (p *Policy) offerRole(answered Setup) (Role, error) {
	switch {
	case answered == SetupActive && p.Reach != ReachDial:
		return RolePassive, nil
	case answered != SetupActive && p.Reach != ReachListen:
		// RFC 4975 §8.5: an answerer that knows no setup waits. [SDP-13]
		return RoleActive, nil
	}
	return 0, malformed("neither side can open the connection")
}
