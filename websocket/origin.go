package websocket

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
// through its visitor. RFC 6455 §10.2. [COM-22] [WS-07]
func (s *Server) allows(r *http.Request) bool {
	origins := r.Header.Values("Origin")
	if len(origins) == 0 {
		return true
	}
	if len(origins) > 1 {
		return false
	}
	for _, listed := range s.Origins {
		if strings.EqualFold(listed, origins[0]) {
			return true
		}
	}
	return s.own(origins[0], r)
}

// Foreign reports whether a handshake comes from a page of another server than
// the one that it was sent to.
func (s *Server) Foreign(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	return origin != "" && !s.own(origin, r)
}

// own reports whether an origin is the one that the request was sent to.
func (s *Server) own(origin string, r *http.Request) bool {
	scheme, port := "http", ":80"
	if s.Secure {
		scheme, port = "https", ":443"
	}
	u, err := url.Parse(origin)
	if err != nil || !strings.EqualFold(u.Scheme, scheme) || u.Host == "" ||
		!strings.EqualFold(strings.TrimSuffix(u.Host, port), strings.TrimSuffix(r.Host, port)) {
		return false
	}
	// Host is what the browser took for our name. Where only this machine can
	// connect, a foreign name that leads here is a trick (DNS rebinding).
	return !onLoopback(r) || loopbackName(u.Hostname())
}

func onLoopback(r *http.Request) bool {
	local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok {
		return false
	}
	addr, err := netip.ParseAddrPort(local.String())
	return err == nil && addr.Addr().Unmap().IsLoopback()
}

func loopbackName(host string) bool {
	host = strings.ToLower(host)
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.Unmap().IsLoopback()
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}
