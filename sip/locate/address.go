package locate

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"sync"

	"github.com/miekg/dns"

	"github.com/confab-chat/confab/sip/transport"
)

// addresses returns those of a host, IPv6 first (RFC 6724 §2.1); those that there is
// no way to are left out later.
func (l *Locator) addresses(ctx context.Context, host string) ([]netip.Addr, error) {
	switch {
	case isInvalid(host):
		// RFC 7118 appendix B.1: such names are not looked up. [COM-16]
		return nil, fmt.Errorf("%w: host %s", transport.ErrFlowGone, host)
	case isLocalhost(host):
		// RFC 6761 §6.3: nor are these.
		return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}, nil
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{addr.Unmap()}, nil
	}
	if known := l.hosts.lookup(host); len(known) > 0 {
		return known, nil
	}
	var last error
	for _, name := range l.names(host) {
		addrs, err := l.lookup(ctx, name)
		if len(addrs) > 0 {
			return addrs, nil
		}
		last = err
	}
	return nil, last
}

// names are what a host may be called in full: one of a single label may lie in one
// of the domains that the system searches (resolv.conf(5)).
func (l *Locator) names(host string) []string {
	if strings.Contains(host, ".") {
		return []string{host}
	}
	all := make([]string, 0, 1+len(l.search))
	for _, domain := range l.search {
		all = append(all, host+"."+domain)
	}
	return append(all, host)
}

// lookup asks for both kinds of addresses at the same time.
func (l *Locator) lookup(ctx context.Context, name string) ([]netip.Addr, error) {
	var six []*dns.AAAA
	var err6 error
	var both sync.WaitGroup
	both.Go(func() { six, err6 = ask[*dns.AAAA](ctx, l, name, dns.TypeAAAA) })
	four, err := ask[*dns.A](ctx, l, name, dns.TypeA)
	both.Wait()
	var addrs []netip.Addr
	for _, r := range six {
		addrs = appendAddr(addrs, r.AAAA)
	}
	for _, r := range four {
		addrs = appendAddr(addrs, r.A)
	}
	if err == nil {
		err = err6
	}
	return addrs, err
}

func appendAddr(to []netip.Addr, octets []byte) []netip.Addr {
	if addr, ok := netip.AddrFromSlice(octets); ok {
		return append(to, addr.Unmap())
	}
	return to
}

func isInvalid(host string) bool { return host == "invalid" || strings.HasSuffix(host, ".invalid") }

func isLocalhost(host string) bool {
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}
