//go:build unix

package testnet_test

import (
	"net"
	"testing"

	"github.com/confab-chat/confab/internal/testnet"
)

// TestHold: nobody listens on TCP where a peer takes datagrams only.
func TestHold(t *testing.T) {
	t.Parallel()
	var (
		config net.ListenConfig
		dialer net.Dialer
	)
	server, err := config.ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Close() }()
	peer := testnet.DialSIP(t, "udp", server.LocalAddr().String())
	if ln, err := config.Listen(t.Context(), "tcp", peer.Addr()); err == nil {
		_ = ln.Close()
		t.Error("somebody else got the port")
	}
	if conn, err := dialer.DialContext(t.Context(), "tcp", peer.Addr()); err == nil {
		_ = conn.Close()
		t.Error("somebody answers there")
	}
}
