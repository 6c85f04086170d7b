package access

import (
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/transport"
)

// Permit refuses addresses that the server does not connect or send to, whoever names
// them and however (RFC 5363 §5.2): those of this host, of its links, of nobody and of
// many, and its own listeners. What Config.Allow lists is allowed. The error is a
// [*sip.Error]. It may be called from any goroutine. [SEC-03]
func (g *Gate) Permit(to transport.Target) error {
	addr := inner(to.Addr.Addr())
	to.Addr = netip.AddrPortFrom(addr, to.Addr.Port())
	switch {
	case slices.ContainsFunc(g.cfg.Allow, func(p netip.Prefix) bool { return p.Contains(addr) }):
		return nil
	case g.Listens(to):
	case addr.IsLoopback():
		if g.cfg.Loopback {
			return nil
		}
	case !addr.IsUnspecified() && !addr.IsMulticast() && !addr.IsLinkLocalUnicast() && !nobody(addr):
		return nil
	}
	return &sip.Error{Status: 403, Reason: "Address Not Allowed"}
}

// inner is the IPv4 address in an IPv6 address that stands for one: mapped
// (RFC 4291 §2.5.5) or translated (RFC 6052 §2.1).
func inner(addr netip.Addr) netip.Addr {
	addr = addr.Unmap().WithZone("")
	translated := netip.PrefixFrom(netip.AddrFrom16([16]byte{1: 0x64, 2: 0xff, 3: 0x9b}), 96)
	if translated.Contains(addr) {
		octets := addr.As16()
		return netip.AddrFrom4([4]byte(octets[12:]))
	}
	return addr
}

// nobody reports addresses that are no host's (RFC 6890): 0.0.0.0/8, which systems
// take for themselves, and 240.0.0.0/4 with the broadcast address.
func nobody(addr netip.Addr) bool {
	return addr.Is4() && (addr.As4()[0] == 0 || addr.As4()[0] >= 240)
}

// selfAge is how long the addresses of this host are taken to stay the same.
const selfAge = time.Minute

// self knows the addresses of this host.
type self struct {
	mu    sync.Mutex
	at    time.Time
	addrs []netip.Addr
}

// has reports whether an address is one of this host.
func (s *self) has(addr netip.Addr) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := time.Now(); now.Sub(s.at) > selfAge {
		s.at = now
		s.refresh()
	}
	return addr.IsLoopback() || slices.Contains(s.addrs, addr)
}

// refresh is called with s.mu held; the system answers at once.
func (s *self) refresh() {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return // those known so far
	}
	s.addrs = s.addrs[:0]
	for _, a := range all {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			s.addrs = append(s.addrs, p.Addr().Unmap().WithZone(""))
		}
	}
}
