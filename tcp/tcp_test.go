package tcp_test

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/tcp"
)

// pair is a connection over the loopback, from both sides.
func pair(t *testing.T) (near, far net.Conn) {
	t.Helper()
	var config net.ListenConfig
	ln, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	d := net.Dialer{Timeout: testnet.Patience}
	if near, err = d.DialContext(t.Context(), "tcp", ln.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if far, err = ln.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = near.Close(), far.Close() })
	return near, far
}

// TestReset: the peer learns of it however much stands before it, over bare TCP and below
// TLS.
func TestReset(t *testing.T) {
	for name, dress := range map[string]func(net.Conn) net.Conn{
		"TCP": func(nc net.Conn) net.Conn { return nc },
		"TLS": func(nc net.Conn) net.Conn { return tls.Server(nc, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			near, far := pair(t)
			tcp.Reset(dress(far))
			if err := near.SetReadDeadline(time.Now().Add(testnet.Patience)); err != nil {
				t.Fatal(err)
			}
			if _, err := near.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("the peer reads %v", err)
			}
			if _, err := far.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
				t.Errorf("writing ends with %v", err)
			}
		})
	}
}

func TestNothingBelow(t *testing.T) {
	near, far := net.Pipe()
	defer func() { _ = near.Close() }()
	tcp.Reset(far)
	go func() { _, _ = far.Write([]byte("x")) }()
	if _, err := io.ReadFull(near, make([]byte, 1)); err != nil {
		t.Errorf("a connection without TCP has ended: %v", err)
	}
}
