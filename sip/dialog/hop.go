package dialog

import (
	"net/netip"
	"strings"
	"time"

	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
)

// hopLife is how long a resolved name is used before it is looked up again.
const hopLife = time.Minute

// hop is where a dialog's requests go when that has a name. While the name is being
// resolved, requests wait in line.
type hop struct {
	uri     string
	to      []transport.Target
	until   time.Time
	waiting []func([]transport.Target, error)
}

// route finds out where the next request goes and calls f on the shard, at once if
// nothing has to be resolved: with one target at least, or with an error.
func (d *Dialog) route(f func([]transport.Target, error)) {
	next := d.target
	if len(d.routes) > 0 {
		next = d.routes[0]
	}
	uri, err := sipmsg.ParseURI(next)
	if err != nil {
		f(nil, err)
		return
	}
	literal, isLiteral, err := d.layer.resolver.Literal(uri)
	switch {
	case d.client():
		f([]transport.Target{d.source.Target()}, nil)
	case d.bound(uri, literal.Addr.Addr()):
		f([]transport.Target{d.flow()}, nil)
	case isLiteral && err != nil:
		f(nil, err)
	case isLiteral:
		f(d.layer.permitted([]transport.Target{d.protected(d.overConnection(uri, literal))}, d.source))
	default:
		d.routeByName(next, uri, f)
	}
}

func (d *Dialog) routeByName(next string, uri sipmsg.URI, f func([]transport.Target, error)) {
	h := d.hop
	if h == nil {
		h = &hop{}
		d.hop = h
	}
	if len(h.waiting) > 0 {
		h.waiting = append(h.waiting, f)
		return
	}
	if h.uri == next && time.Now().Before(h.until) {
		f(h.to, nil)
		return
	}
	h.uri = strings.Clone(next)
	h.waiting = append(h.waiting, f)
	d.layer.resolve(d.id.CallID, uri, func(to []transport.Target, err error) {
		if err == nil {
			to, err = d.layer.permitted(to, d.source)
		}
		if err != nil && len(d.routes) == 0 && d.source.Flow != nil && d.source.Flow.Alive() {
			// The peer has no address that we know, but it is at the other end.
			to, err = []transport.Target{d.source.Target()}, nil
		}
		if err == nil {
			for i := range to {
				to[i] = d.protected(to[i])
			}
			h.to, h.until = to, time.Now().Add(hopLife)
		}
		waiting := h.waiting
		h.waiting = nil
		for _, w := range waiting {
			w(to, err)
		}
	})
}

// bound tells whether requests take the flow that the dialog came over and no other
// way: for `.invalid` and `ob` (RFC 7118 §8, RFC 5626 §4.3), [COM-16], and, without
// a proxy between us, for WebSocket clients, to which nobody can connect, and for a
// Contact address that cannot be reached from here.
func (d *Dialog) bound(uri sipmsg.URI, addr netip.Addr) bool {
	if d.source.Flow == nil || len(d.routes) > 0 {
		return false
	}
	if uri.Params.Has("ob") || isInvalid(uri.Host) || overWebSocket(d.source.Transport) {
		return true
	}
	return d.viaFlow || addr.IsValid() && !reachable(addr, d.source.Remote.Addr().Unmap())
}

// client tells whether the dialog runs over a WebSocket that we opened: its server is
// the next hop of all requests (RFC 7118 §5).
func (d *Dialog) client() bool {
	return d.source.Flow != nil && d.source.Flow.Dialed() && overWebSocket(d.source.Transport)
}

func overWebSocket(network string) bool { return network == transport.WS || network == transport.WSS }

// protected keeps a dialog over WSS from going on in clear: a URI says ws for both.
func (d *Dialog) protected(to transport.Target) transport.Target {
	if to.Transport == transport.WS && d.source.Transport == transport.WSS {
		to.Transport = transport.WSS
	}
	return to
}

// flow is the way back to where the dialog came from, and no other.
func (d *Dialog) flow() transport.Target {
	to := d.source.Target()
	if to.Transport != transport.UDP {
		to.Addr = netip.AddrPort{} // a peer that nobody can connect to
	}
	return to
}

// overConnection prefers the connection that the dialog came over to a new one to the
// very host at its other end.
func (d *Dialog) overConnection(uri sipmsg.URI, to transport.Target) transport.Target {
	src := &d.source
	if src.Flow != nil && len(d.routes) == 0 && src.Transport != transport.UDP &&
		src.Remote.Addr().Unmap() == to.Addr.Addr() && sameTransport(uri, src.Transport) {
		to.Flow = src.Flow
	}
	return to
}

func sameTransport(uri sipmsg.URI, used string) bool {
	t, ok := uri.Params.Lookup("transport")
	if !ok {
		return uri.Scheme == "sips" && used == "tls"
	}
	return strings.EqualFold(t, used) || uri.Scheme == "sips" && used == transport.TLS
}

// isInvalid: RFC 2606 §2 reserves the domain; it is never looked up. [COM-16]
func isInvalid(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return host == "invalid" || strings.HasSuffix(host, ".invalid")
}
