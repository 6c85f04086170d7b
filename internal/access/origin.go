package access

import (
	"net/netip"
	"slices"

	"github.com/confab-chat/confab/sip/transport"
)

// listener is one that the server has opened.
type listener struct {
	transport string
	addr      netip.AddrPort
}

// AddListener tells an address that the server listens on.
func (g *Gate) AddListener(network string, addr netip.AddrPort) {
	g.AddPort(addr.Port())
	g.mu.Lock()
	defer g.mu.Unlock()
	l := listener{transport: network, addr: addr}
	g.listeners, g.own = append(g.listeners, l), append(g.own, l)
}

// AddOwn tells an address at which the server takes connections of another protocol than
// SIP.
func (g *Gate) AddOwn(addr netip.AddrPort) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.own = append(g.own, listener{transport: transport.TCP, addr: addr})
}

// Origin is where requests of ours over a transport come from, as far as Contact
// is concerned: the first listener that can take what comes back. [FOC-DSP-13]
func (g *Gate) Origin(network string) transport.Source {
	g.mu.RLock()
	defer g.mu.RUnlock()
	for _, l := range g.listeners {
		if l.transport == network {
			return transport.Source{Transport: l.transport, Local: l.addr}
		}
	}
	if len(g.listeners) > 0 {
		return transport.Source{Transport: g.listeners[0].transport, Local: g.listeners[0].addr}
	}
	return transport.Source{Transport: network}
}

// Listens reports whether a target is one of the server's own listeners. No connection
// leads to one for datagrams; but where a datagram would go, a connection may be tried
// first (RFC 3261 §18.1.1). [SEC-03]
func (g *Gate) Listens(to transport.Target) bool {
	connects := to.Transport != transport.UDP && to.Transport != ""
	g.mu.RLock()
	defer g.mu.RUnlock()
	return slices.ContainsFunc(g.own, func(l listener) bool {
		if l.addr.Port() != to.Addr.Port() || l.transport == transport.UDP && connects {
			return false
		}
		own, addr := l.addr.Addr().Unmap(), to.Addr.Addr().Unmap()
		return own == addr || own.IsUnspecified() && g.self.has(addr)
	})
}
