package msrp

import (
	"net/netip"
	"testing"

	"github.com/confab-chat/confab/internal/conform"
)

// TestSharingNeedsTheSameTarget: sessions share a connection only where scheme, host and
// port are the same, and what the peer has to prove.
func TestSharingNeedsTheSameTarget(t *testing.T) {
	plain := target{host: "192.0.2.1", port: 2855}
	secure := target{host: "192.0.2.1", port: 2855, secure: true, name: "a.example"}
	known := secure
	known.prints = []Fingerprint{{Hash: "sha-256", Digest: []byte("one")}}
	change := func(t target, f func(*target)) target { f(&t); return t }
	different := []target{
		plain, secure, known,
		change(plain, func(t *target) { t.port++ }),
		change(plain, func(t *target) { t.host = "192.0.2.2" }),
		change(secure, func(t *target) { t.name = "b.example" }),
		change(known, func(t *target) { t.name = "b.example" }),
		change(known, func(t *target) { t.prints = []Fingerprint{{Hash: "sha-256", Digest: []byte("two")}} }),
	}
	keys := make(map[string]target)
	for _, x := range different {
		if y, ok := keys[x.key()]; ok {
			t.Errorf("%+v shares the connection of %+v", x, y)
		}
		keys[x.key()] = x
	}
	same := change(known, func(t *target) {
		t.name, t.prints = "A.Example", []Fingerprint{{Hash: "sha-256", Digest: []byte("one")}}
	})
	if same.key() != known.key() {
		t.Errorf("%q, %q", same.key(), known.key())
	}
	conform.Covers(t, "MSRP-CON-08")
}

// TestSourceOfConnection: IPv4 addresses are counted whole, of IPv6 the network.
func TestSourceOfConnection(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.1": "192.0.2.1", "::ffff:192.0.2.1": "192.0.2.1",
		"2001:db8:0:1::7": "2001:db8:0:1::", "2001:db8:0:1:ffff::": "2001:db8:0:1::", "2001:db8:0:2::7": "2001:db8:0:2::",
		"fe80::1%eth0": "fe80::",
	} {
		if got := source(netip.MustParseAddr(address)); got != netip.MustParseAddr(want) {
			t.Errorf("%s counts as %s", address, got)
		}
	}
}
