package transport

import (
	"net/netip"
	"strconv"

	"github.com/confab-chat/confab/sip/sipmsg"
)

// stamp notes in the top Via where a request really came from and works out
// where its response goes.
func stamp(req *sipmsg.Request, via sipmsg.Via, src *Source) {
	from := src.Remote.Addr()
	// RFC 7118 §5.3: the Via of a WebSocket client names nothing that could be
	// reached, and its responses have no other way. [COM-15]
	if socket(src.Transport) {
		return
	}
	port := via.Port
	if port == 0 {
		port = defaultPort(src.Transport)
	}
	src.reply = netip.AddrPortFrom(from, port)
	if src.Transport == TLS {
		src.replyHost = via.Host
	}
	_, symmetric := via.Params.Lookup("rport")
	// Another spelling of an IPv6 address counts as another address, which
	// costs a parameter and nothing else.
	var text [64]byte
	if !symmetric && via.Host == string(from.WithZone("").AppendTo(text[:0])) {
		return
	}
	// RFC 3261 §18.2.1: sent-by is a name or another address than the packet's.
	// RFC 3581 §4: with rport in any case. [COM-14] [COM-21]
	via.Params = via.Params.With("received", from.WithZone("").String())
	if symmetric {
		via.Params = via.Params.With("rport", strconv.Itoa(int(src.Remote.Port())))
		// RFC 3261 §18.2.2: a stream that is gone is opened again to the port
		// of sent-by; the one it came from belonged to the old connection.
		if src.Transport == UDP {
			src.reply = src.Remote
		}
	}
	req.Header.SetTopVia(via)
}
