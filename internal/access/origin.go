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
	g.listeners = append(g.listeners, listener{transport: network, addr: addr})
	g.own = append(g.own, addr)
}

// AddOwn tells an address of another protocol than SIP that the server listens on.
func (g *Gate) AddOwn(addr netip.AddrPort) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.own = append(g.own, addr)
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

// Listens reports whether an address is one of the server's own listeners.
// [SEC-03]
func (g *Gate) Listens(at netip.AddrPort) bool {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return slices.ContainsFunc(g.own, func(l netip.AddrPort) bool {
		own, to := l.Addr().Unmap(), at.Addr().Unmap()
		return l.Port() == at.Port() && (own == to || own.IsUnspecified() && g.self.has(to))
	})
}
