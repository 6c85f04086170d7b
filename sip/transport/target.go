package transport

import (
	"net/netip"
	"strings"

	"github.com/confab-chat/confab/sip/sipmsg"
)

// Names of transports, as in Source, Target and the "transport" parameter.
const (
	UDP = "udp"
	TCP = "tcp"
	TLS = "tls"
	WS  = "ws"
	WSS = "wss"
)

// secure reports whether a transport encrypts.
func secure(transport string) bool { return transport == TLS || transport == WSS }

// socket reports whether a transport is WebSocket.
func socket(transport string) bool { return transport == WS || transport == WSS }

// Param is the transport parameter of a URI by which a peer is reached over a
// transport; "" where the scheme says enough. RFC 7118 §5.1 has one name for WS
// and WSS.
func Param(scheme, transport string) string {
	switch {
	case transport == WSS:
		return WS
	case transport == UDP, transport == TLS && strings.EqualFold(scheme, "sips"):
		return ""
	}
	return transport
}

// defaultPort is the port of a transport where none is named (RFC 3261 §19.1.2,
// RFC 6455 §3).
func defaultPort(transport string) uint16 {
	switch transport {
	case TLS:
		return 5061
	case WS:
		return 80
	case WSS:
		return 443
	default:
		return 5060
	}
}

// Source says where a message came from. It is a value and may be kept.
type Source struct {
	Flow          *Flow
	Transport     string // "udp", "tcp", "tls", "ws" or "wss"
	Remote, Local netip.AddrPort
	// SIPS says that the peer wants TLS all the way: the request has a sips URI,
	// or comes from one. Contact in the answer has to be one, too (RFC 3261
	// §12.1.1).
	SIPS bool
	// PeerNames are the SIP domains, in lower case, that the peer's certificate
	// proves it to be (RFC 5922 §7.1); none if it has shown none that was
	// verified. They are shared: do not change them.
	PeerNames []string
	// Proxied says that an HTTP proxy stands between, or that the page of another
	// origin is speaking: then Remote proves nothing about the peer. [D-46]
	Proxied bool
	// reply is where a response goes: over UDP always, over a stream only if
	// the connection is gone (RFC 3261 §18.2.2, RFC 3581 §4).
	reply     netip.AddrPort
	replyHost string // of a TLS peer there
}

// Network is what counts as one peer for limits: an IPv4 address, or the /64 that an
// IPv6 subscriber has.
func (s Source) Network() netip.Prefix { return networkOf(s.Remote.Addr().Unmap()) }

// Target returns the way back to the sender: the same flow.
func (s Source) Target() Target {
	t := Target{Transport: s.Transport, Addr: s.Remote, Flow: s.Flow}
	if s.Flow != nil {
		t.Host = s.Flow.host
	}
	return t
}

// Target says where a request goes.
type Target struct {
	Transport string         // "udp", "tcp", "tls", "ws" or "wss"; "" means that of Flow, or "udp"
	Addr      netip.AddrPort // resolved; may be invalid if Flow is a connection
	// Host is the domain of the URI that was resolved, if it has one, whatever
	// names DNS led to: a TLS peer has to prove that it is this domain (RFC 5922
	// §7.3). Without one it has to prove its address.
	Host string
	// Flow, if set, is used as long as it lives. When it is gone the request
	// goes to Addr if that is valid and fails with ErrFlowGone if not: leave
	// Addr out for peers that cannot be reached in another way, those behind
	// ".invalid" and ";ob". [COM-16]
	Flow *Flow
}

// Transports are those that requests can leave by, the preferred ones first:
// WebSocket only where this side opens some.
func (l *Layer) Transports() []string {
	if l.cfg.WebSocketPath == "" {
		return []string{UDP, TCP, TLS}
	}
	return []string{UDP, TCP, TLS, WS, WSS}
}

// Reaches reports whether requests can leave for an address: there is a way to it,
// and for UDP a socket of its family, if there are sockets at all.
func (l *Layer) Reaches(transport string, addr netip.Addr) bool {
	if transport == UDP && l.socketFor(addr) == nil {
		l.mu.Lock()
		none := len(l.sockets) == 0
		l.mu.Unlock()
		if !none {
			return false
		}
	}
	_, err := l.routes.local(l.cfg.Network, addr)
	return err == nil
}

// fromSIPS reports whether a request has a sips URI where RFC 3261 §12.1.1 looks:
// as its own, in the topmost Record-Route, or else in Contact.
func fromSIPS(req *sipmsg.Request) bool {
	if strings.EqualFold(req.URI.Scheme, "sips") {
		return true
	}
	where := req.Header.Contacts
	if req.Header.Has("Record-Route") {
		where = req.Header.RecordRoutes
	}
	uris, err := where()
	return err == nil && len(uris) > 0 && strings.EqualFold(uris[0].URI.Scheme, "sips")
}

// wantsTLS reports whether a request goes to a sips URI, or by one.
func wantsTLS(req *sipmsg.Request) bool {
	if strings.EqualFold(req.URI.Scheme, "sips") {
		return true
	}
	if !req.Header.Has("Route") {
		return false
	}
	routes, err := req.Header.Routes()
	return err == nil && len(routes) > 0 && strings.EqualFold(routes[0].URI.Scheme, "sips")
}
