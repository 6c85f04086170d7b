package transport

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// allows reports whether a handshake comes from where it may. Without an Origin
// it comes from no browser; a browser names the origin of the page, which has to
// be that of this server or on the list: otherwise any web page could speak
// through its visitor. RFC 6455 §10.2. [COM-22]
func (o *WebSocketOptions) allows(r *http.Request, secure bool) bool {
	origins := r.Header.Values("Origin")
	if len(origins) == 0 {
		return true
	}
	if len(origins) > 1 {
		return false
	}
	for _, listed := range o.Origins {
		if strings.EqualFold(listed, origins[0]) {
			return true
		}
	}
	return ownOrigin(origins[0], r, secure)
}

// ownOrigin reports whether an origin is the one that the request was sent to.
func ownOrigin(origin string, r *http.Request, secure bool) bool {
	scheme := "http"
	if secure {
		scheme = "https"
	}
	u, err := url.Parse(origin)
	if err != nil || !strings.EqualFold(u.Scheme, scheme) || u.Host == "" ||
		!strings.EqualFold(withoutDefault(u.Host, scheme), withoutDefault(r.Host, scheme)) {
		return false
	}
	// Host is what the browser took for our name. Where only this machine can
	// connect, a foreign name that leads here is a trick (DNS rebinding).
	return !onLoopback(r) || loopbackName(u.Hostname())
}

// withoutDefault drops the port of a scheme from host:port.
func withoutDefault(host, scheme string) string {
	if scheme == "https" {
		return strings.TrimSuffix(host, ":443")
	}
	return strings.TrimSuffix(host, ":80")
}

func onLoopback(r *http.Request) bool {
	local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	return ok && addrPort(local).Addr().IsLoopback()
}

func loopbackName(host string) bool {
	host = strings.ToLower(host)
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.IsLoopback()
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}
