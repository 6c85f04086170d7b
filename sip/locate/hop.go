package locate

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
)

// hop is what a URI says about the next hop.
type hop struct {
	host      string // lower case, without brackets or final dot
	domain    string // of the URI, "" if it is an address
	addr      netip.Addr
	port      uint16 // 0 if none is named
	transport string // "" if none is named
	secure    bool   // sips
}

// Literal returns the target of a URI that names its host by address; ok is false for
// all others, and for those that lead nowhere. Whether that transport can be had is
// another question: see [Locator.Literal].
func Literal(uri sipmsg.URI) (to transport.Target, ok bool) {
	h, err := hopOf(uri)
	if err != nil || !h.addr.IsValid() {
		return transport.Target{}, false
	}
	return h.target(h.transportOr(h.fallback()), h.addr), true
}

// hopOf reads a URI (RFC 3263 §4): TARGET is maddr if there is one, else the host.
func hopOf(uri sipmsg.URI) (hop, error) {
	h := hop{host: uri.Host, port: uri.Port, secure: strings.EqualFold(uri.Scheme, "sips")}
	if !h.secure && !strings.EqualFold(uri.Scheme, "sip") {
		return h, fmt.Errorf("%w: scheme %q", transport.ErrTransport, uri.Scheme)
	}
	if maddr, ok := uri.Params.Lookup("maddr"); ok {
		h.host = maddr
	}
	if _, err := netip.ParseAddr(strings.Trim(uri.Host, "[]")); err != nil {
		h.domain = uri.Host
	}
	h.host = strings.TrimSuffix(strings.ToLower(strings.Trim(h.host, "[]")), ".")
	h.addr, _ = netip.ParseAddr(h.host)
	h.addr = h.addr.Unmap()
	if name, ok := uri.Params.Lookup("transport"); ok {
		h.transport = strings.ToLower(name)
	}
	return h, h.secured()
}

// secured turns the transport that a sips URI names into the one that it means, and
// refuses those that are none: sips never goes in clear (RFC 3261 §26.2.2).
func (h *hop) secured() error {
	if !h.secure {
		return nil
	}
	switch h.transport {
	case "", transport.TLS, transport.WSS:
	case transport.TCP:
		h.transport = transport.TLS
	case transport.WS:
		h.transport = transport.WSS
	default:
		return fmt.Errorf("%w: sips over %s", transport.ErrInsecure, h.transport)
	}
	return nil
}

// fallback is the transport where neither the URI nor DNS says one (RFC 3263 §4.1).
func (h *hop) fallback() string {
	if h.secure {
		return transport.TLS
	}
	return transport.UDP
}

// isSecure reports whether a transport may carry sips.
func isSecure(name string) bool { return name == transport.TLS || name == transport.WSS }

// defaultPort is the port of a transport (RFC 3261 §19.1.2, RFC 7118 §10.2).
func defaultPort(name string) uint16 {
	switch name {
	case transport.TLS:
		return 5061
	case transport.WS:
		return 80
	case transport.WSS:
		return 443
	default:
		return 5060
	}
}

// service is the name of the SRV records of a transport, "" where there are none.
func service(name, host string) string {
	switch name {
	case transport.UDP, transport.TCP:
		return "_sip._" + name + "." + host
	case transport.TLS:
		return "_sips._tcp." + host
	default:
		return ""
	}
}

// transportOf is the transport of a NAPTR service field (RFC 3263 §4.1, RFC 7118
// §10.3), "" for services that are not SIP.
func transportOf(service string) string {
	switch strings.ToUpper(service) {
	case "SIP+D2U":
		return transport.UDP
	case "SIP+D2T":
		return transport.TCP
	case "SIPS+D2T":
		return transport.TLS
	case "SIP+D2W":
		return transport.WS
	case "SIPS+D2W":
		return transport.WSS
	default:
		return ""
	}
}
