package server

import (
	"context"
	"io"
	"net"
	"testing"

	"github.com/confab-chat/confab/internal/testnet"
)

// TestShutdownDespiteIdleHTTP stops a server while programs hold HTTP
// connections open on which they ask for nothing, or have begun to.
func TestShutdownDespiteIdleHTTP(t *testing.T) {
	r := serve(t, nil)
	for _, said := range []string{"", "GET /healthz HTTP/1.1\r\nHost: lo", "POST /api/v1/conferences HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\nContent-Type: application/json\r\n\r\n{"} {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", r.address("http", "tcp"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		if _, err := io.WriteString(conn, said); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), testnet.Patience)
	defer cancel()
	r.ended = true
	if err := r.Shutdown(ctx); err != nil { // it does not wait for them
		t.Error(err)
	}
}
