package access_test

import (
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/access"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/sip/transport"
)

func TestPermit(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "SEC-03")
	public := access.New(access.Config{Allow: []netip.Prefix{netip.MustParsePrefix("169.254.7.0/24")}})
	public.AddListener("udp", netip.MustParseAddrPort("192.0.2.1:5060"))
	public.AddOwn(netip.MustParseAddrPort("[::]:2855"))
	local := access.New(access.Config{Loopback: true})
	local.AddListener("tcp", netip.MustParseAddrPort("127.0.0.1:5060"))
	tests := []struct {
		addr          string
		public, local bool
	}{
		{"192.0.2.7:5060", true, true},
		{"10.1.2.3:5060", true, true},
		{"[2001:db8::7]:5060", true, true},
		{"127.0.0.1:5070", false, true},
		{"127.9.9.9:5060", false, true},
		{"[::1]:5070", false, true},
		{"[::ffff:127.0.0.1]:5070", false, true},
		{"[64:ff9b::7f00:1]:5070", false, true},
		{"127.0.0.1:5060", false, false}, // of the local one, a listener
		{"192.0.2.1:5060", false, true},  // of the public one
		{"192.0.2.1:5061", true, true},
		{"0.0.0.0:5060", false, false},
		{"0.1.2.3:5060", false, false},
		{"[::]:5060", false, false},
		{"169.254.1.1:5060", false, false},
		{"169.254.7.1:5060", true, false},
		{"[fe80::1]:5060", false, false},
		{"224.0.1.75:5060", false, false},
		{"[ff02::1]:5060", false, false},
		{"255.255.255.255:5060", false, false},
	}
	for _, tt := range tests {
		to := transport.Target{Transport: "udp", Addr: netip.MustParseAddrPort(tt.addr)}
		if got := public.Permit(to) == nil; got != tt.public {
			t.Errorf("%s on a public server: %v", tt.addr, got)
		}
		if got := local.Permit(to) == nil; got != tt.local {
			t.Errorf("%s on a local server: %v", tt.addr, got)
		}
	}
}

// TestPermitByTransport: a connection leads to no listener for datagrams, while a large
// datagram is tried as a connection first.
func TestPermitByTransport(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "SEC-03")
	g := access.New(access.Config{Loopback: true})
	g.AddListener("udp", netip.MustParseAddrPort("127.0.0.1:5060"))
	g.AddListener("tls", netip.MustParseAddrPort("127.0.0.1:5061"))
	g.AddOwn(netip.MustParseAddrPort("127.0.0.1:2855"))
	for at, want := range map[string]bool{
		"udp 127.0.0.1:5060": false, " 127.0.0.1:5060": false, "tcp 127.0.0.1:5060": true, "tls 127.0.0.1:5060": true,
		"udp 127.0.0.1:5061": false, "tcp 127.0.0.1:5061": false, "ws 127.0.0.1:5061": false,
		"udp 127.0.0.1:2855": false, "tcp 127.0.0.1:2855": false,
	} {
		network, addr, _ := strings.Cut(at, " ")
		if got := g.Permit(transport.Target{Transport: network, Addr: netip.MustParseAddrPort(addr)}) == nil; got != want {
			t.Errorf("%s: %v", at, got)
		}
	}
}

// TestPermitOwnAddresses: a listener on all addresses is one on each of this host.
func TestPermitOwnAddresses(t *testing.T) {
	t.Parallel()
	g := access.New(access.Config{})
	g.AddListener("udp", netip.MustParseAddrPort("0.0.0.0:5060"))
	all, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		p, err := netip.ParsePrefix(a.String())
		if err != nil || p.Addr().IsLinkLocalUnicast() {
			continue
		}
		if g.Permit(transport.Target{Transport: "udp", Addr: netip.AddrPortFrom(p.Addr(), 5060)}) == nil {
			t.Errorf("%s is an address of this host", p.Addr())
		}
	}
}
