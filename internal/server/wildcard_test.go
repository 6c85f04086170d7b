package server

import (
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/msrp/msrpwire"
)

// TestMediaOnAllAddresses: a listener on all addresses is no address that a peer
// could connect to, and 0.0.0.0 in a description is a stream on hold.
func TestMediaOnAllAddresses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ listen, sip, want string }{
		"IPv4":                {"0.0.0.0:0", "", ""},
		"IPv6":                {"[::]:0", "", ""},
		"none given":          {":0", "", ""},
		"what SIP advertises": {"0.0.0.0:0", "conf.example.test:5062", "conf.example.test"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", test.listen); err != nil {
				t.Skipf("not on this machine: %v", err)
			} else if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			r := serve(t, func(c *config.Config) {
				c.MSRP.Listen = []config.Listener{{Network: "tcp", Address: test.listen}}
				c.SIP.Advertise = test.sip
			})
			body := r.guest("tcp", "alice").join(lobby).ok.Body
			path, err := msrpwire.ParseURI(attribute(t, body, "path"))
			if err != nil {
				t.Fatal(err)
			}
			if test.want != "" && path.Host != test.want {
				t.Errorf("path to %s, want %s", path.Host, test.want)
			}
			if addr, err := netip.ParseAddr(strings.Trim(path.Host, "[]")); err == nil && addr.IsUnspecified() {
				t.Errorf("%s", body)
			}
		})
	}
}
