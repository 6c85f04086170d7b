package transport_test

import (
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/sip/transport"
)

// A socket bound to all addresses answers from the one that was asked: a connected
// socket hears no other.
func TestAnswerFromTheAddressAsked(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "COM-21")
	tests := []struct{ name, listen, asked string }{
		{"IPv4", "0.0.0.0:0", "127.0.0.1"},
		{"another address of the host", "0.0.0.0:0", "127.0.0.2"},
		{"IPv4 by a socket for both", "[::]:0", "127.0.0.2"},
		{"IPv6 by a socket for both", "[::]:0", "::1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t, transport.Config{})
			at, err := s.Listen(t.Context(), "udp", tt.listen)
			if err != nil {
				t.Skipf("this host cannot listen on %s: %v", tt.listen, err)
			}
			conn, err := (&net.Dialer{}).DialContext(t.Context(), "udp", net.JoinHostPort(tt.asked, strconv.Itoa(int(at.Port()))))
			if err != nil {
				t.Skipf("this host has no way to %s: %v", tt.asked, err)
			}
			t.Cleanup(func() { _ = conn.Close() })
			_ = conn.SetDeadline(time.Now().Add(patience))
			write(t, conn, message("OPTIONS", "udp", "192.0.2.1;rport", 1))
			answer := make([]byte, 1500)
			n, err := conn.Read(answer)
			if err != nil || !strings.HasPrefix(string(answer[:n]), "SIP/2.0 200 ") {
				t.Fatalf("%q %v", answer[:n], err)
			}
			if _, sources := s.await(t, 1, 0); sources[0].Local.Addr().String() != tt.asked {
				t.Errorf("came to %s", sources[0].Local)
			}
		})
	}
}
