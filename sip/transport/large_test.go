package transport_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/confab-chat/confab/sip/transport"
	"github.com/confab-chat/confab/sip/transport/transporttest"
)

// TestLargeBodies checks that messages arrive whole and in their order, however large their
// bodies are: beyond some length these are not copied on their way out.
func TestLargeBodies(t *testing.T) {
	t.Parallel()
	sizes := []int{10, 15 << 10, 16 << 10, 300, 60_000, 0, 100_000, 200_000, 1}
	for name, tt := range map[string]struct {
		fits int // no larger body goes over it
		at   func(s *server) netip.AddrPort
	}{
		"udp": {60_000, func(s *server) netip.AddrPort { return s.udp }},
		"tcp": {1 << 20, func(s *server) netip.AddrPort { return s.tcp }},
		"ws": {1 << 20, func(s *server) netip.AddrPort {
			return webServer(s.t, s, transport.WebSocketOptions{})
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := transport.Config{WebSocketPath: "/"}
			if name == transport.UDP {
				// In memory, where nobody else takes connections at the port of the socket:
				// that is tried first (RFC 3261 §18.1.1).
				cfg.Network = (&transporttest.Network{}).Host("127.0.0.1")
			}
			from, to := newServer(t, cfg), newServer(t, cfg)
			target := transport.Target{Transport: name, Addr: tt.at(to)}
			var want []string
			for i, size := range sizes {
				if size > tt.fits {
					continue
				}
				want = append(want, strings.Repeat(string(rune('a'+i)), size))
				done, sent := outcome()
				from.SendRequest(options(want[len(want)-1]), target, done)
				if name == transport.UDP { // where nothing else keeps them in order
					if err := wait(t, sent); err != nil {
						t.Fatal(err)
					}
					to.await(t, len(want), 0)
				}
			}
			got, _ := to.await(t, len(want), 0)
			for i := range want {
				if string(got[i].Body) != want[i] {
					t.Errorf("message %d has a body of %d octets, want %d", i, len(got[i].Body), len(want[i]))
				}
			}
		})
	}
}
