package sdp

import (
	"net/netip"
	"strings"

	"github.com/confab-chat/confab/msrp/msrpwire"
)

// Target returns where the connection of an active side leads: to the first URI
// of the peer's path or, where media is anchored, to the address of the c= line
// and the port of the m-line. Requests carry the path in any case. RFC 6714 §4.
// [CEMA-02]
func (s *Stream) Target() (host string, port uint16) {
	switch {
	case s.Anchored:
		return s.Peer.Connection.Address, s.Peer.Port
	case len(s.Peer.Path) == 0:
		return "", 0
	}
	return s.Peer.Path[0].Host, s.Peer.Path[0].Port
}

// anchorOffer tells whether an offer is anchored and the answer says so, too.
// role is ours.
func (p *Policy) anchorOffer(m *Message, role Role) (anchored bool, err error) {
	if m.CEMA {
		// RFC 6714 §4.3: behind relays, an offerer that becomes active is to follow
		// the path of the answer. [CEMA-02]
		return len(m.Path) == 1 || m.Setup != SetupActive && m.Setup != SetupNone, nil
	}
	// RFC 6714 §4.3 refuses addresses that differ in any case. Where the peer
	// connects they do no harm, and middleboxes rewrite them. [!CEMA-03]
	if (p.Strict || role == RoleActive) && !p.addressed(m) {
		return false, refuse(WarnOther, "address of the media differs from the path")
	}
	return false, nil
}

// anchorAnswer tells what the answer to an offer of ours with msrp-cema means:
// whether our connection follows its address lines, and whether it takes another
// offer, without the attribute. RFC 6714 §4.2. [CEMA-04]
func (p *Policy) anchorAnswer(m *Message, role Role) (anchored, again bool) {
	switch {
	case m.CEMA:
		return true, false
	case p.addressed(m):
		return false, false
	case role == RolePassive, len(m.Path) > 1:
		return false, true
	}
	return true, false
}

// addressed reports whether the address lines lead where one of the URIs of the
// path does. Names and addresses that belong together cannot be told from others
// without asking the resolver, so in doubt they do, except in strict mode.
// RFC 6714 §4.4. [CEMA-03]
func (p *Policy) addressed(m *Message) bool {
	if m.Connection.IsZero() || m.Connection.unspecified() {
		return true
	}
	for i := range m.Path {
		if m.Path[i].Port == m.Port && p.sameHost(&m.Path[i], m.Connection.Address) {
			return true
		}
	}
	return false
}

func (p *Policy) sameHost(u *msrpwire.URI, address string) bool {
	a, errA := netip.ParseAddr(address)
	b, errB := netip.ParseAddr(u.Host)
	switch {
	case errA == nil && errB == nil:
		return a.Unmap() == b.Unmap()
	case strings.EqualFold(u.Host, address):
		return true
	case p.Strict:
		return p.Resolves != nil && p.Resolves(u.Host, address)
	}
	return (errA == nil) != (errB == nil)
}
