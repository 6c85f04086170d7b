package dialog

import (
	"net/netip"
	"strings"

	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
)

// behindNAT tells whether a request came straight from a user agent that believes to
// have another address than the one we see: the address in its Contact is that of its
// Via, the only one, but not that of its packets. It can be reached only the way its
// request came.
func behindNAT(h *sipmsg.Header, src transport.Source, contact sipmsg.URI) bool {
	addr, err := netip.ParseAddr(contact.Host)
	if err != nil || addr.Unmap() == src.Remote.Addr().Unmap() {
		return false
	}
	var buf [4]sipmsg.Param
	via, err := h.TopVia(buf[:0])
	return err == nil && strings.EqualFold(via.Host, contact.Host) && len(h.Values("Via")) == 1
}

// reachable tells whether a literal Contact address can be meant for us who see the
// peer under another one: private, loopback and unspecified addresses then are
// behind a NAT.
func reachable(addr, peer netip.Addr) bool {
	switch {
	case addr.IsUnspecified():
		return false
	case addr.IsLoopback():
		return peer.IsLoopback()
	case addr.IsPrivate() || addr.IsLinkLocalUnicast():
		return peer.IsPrivate() || peer.IsLinkLocalUnicast() || peer.IsLoopback()
	default:
		return true
	}
}
