package server

import (
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/internal/testnet/testca"
)

// ear is a listener to attack.
type ear struct{ proto, network string }

// ears makes a server listen to all that is attacked here.
func ears(t *testing.T, change func(*config.Config)) (*siege, *testca.Authority) {
	t.Helper()
	ca := testca.New(t)
	every := everyTransport(t, ca)
	return besiegeTuned(t, func(c *config.Config) {
		every(c)
		if change != nil {
			change(c)
		}
	}, tuning{patience: cutting}), ca
}

// TestIdleConnections opens 5,000 connections from 100 addresses that say nothing, or
// as many as the system allows with both of their ends in one process.
func TestIdleConnections(t *testing.T) {
	conform.Covers(t, "SEC-02")
	const addresses, each = 100, 14 << 10
	n := min(5000/fold, (files()-1000)/2)
	s := besiege(t, nil)
	conns := make([]net.Conn, 0, n)
	for i := range n {
		at := ear{"sip", "tcp"}
		switch i % 5 {
		case 3:
			at.proto = "msrp"
		case 4:
			at.proto = "http"
		}
		conn, err := s.open(at.network, at.proto, i%addresses)
		if err != nil {
			t.Fatal(err)
		}
		conns = append(conns, conn)
	}
	s.counts("confab_sip_connections", float64(n*3/5))
	s.counts("confab_msrp_connections_unbound", float64(n/5))
	s.goes("with idle connections")
	s.holds("with idle connections", n*each+2<<20)
	for _, conn := range conns {
		_ = conn.Close()
	}
	s.recovers()
	s.goes("after idle connections")
	s.holds("after idle connections", 8<<20)
}

// TestConnectionsBeyondTheirLimit opens what one address may not have.
func TestConnectionsBeyondTheirLimit(t *testing.T) {
	conform.Covers(t, "SEC-02")
	s := besiege(t, nil)
	for i := range 450 {
		conn, err := s.open("tcp", []string{"sip", "msrp", "http"}[i%3], 1)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
	}
	s.refusals("connections_per_address", 200)
	s.refusals("http_connections", 50)
	s.goes("beside 450 connections of one address")
}

// TestDescriptorsRunShort has peers connect when the process has no descriptors to spare.
func TestDescriptorsRunShort(t *testing.T) {
	conform.Covers(t, "SEC-02")
	var used atomic.Int64
	s := besiegeTuned(t, nil, tuning{files: func() (int, int) { return int(used.Load()), 1000 }})
	used.Store(901)
	for i := range 30 {
		conn, err := s.open("tcp", []string{"sip", "msrp", "http"}[i%3], i)
		if err != nil {
			t.Fatal(err)
		}
		closes(t, conn)
	}
	s.goesBy("when descriptors run short", "udp") // those who are in talk on
	used.Store(900)
	s.goes("when there are some again")
	s.refusals("file_descriptors", 30)
}

// TestHandshakesBeyondTheirLimit begins to shake hands and goes no further.
func TestHandshakesBeyondTheirLimit(t *testing.T) {
	conform.Covers(t, "SEC-02")
	s, ca := ears(t, func(c *config.Config) { c.Limits.HandshakesPerAddress = 10 })
	for range 50 {
		conn, err := s.open("tls", "sip", 1)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
	}
	s.refusals("handshakes", 40)
	conn, err := s.open("tls", "sip", 2)
	if err != nil {
		t.Fatal(err)
	}
	s.over("tls", "carol", s.secure(ca, conn)).join(lobby).leave()
}

// closes waits until the server has closed a connection.
func closes(t *testing.T, conn net.Conn) {
	t.Helper()
	_ = conn.SetReadDeadline(time.Now().Add(testnet.Patience))
	buf := make([]byte, 4096)
	for {
		if _, err := conn.Read(buf); err != nil {
			if bad, ok := err.(net.Error); ok && bad.Timeout() { //nolint:errorlint // as the connection returns it
				t.Errorf("%s stays open", conn.RemoteAddr())
			}
			return
		}
	}
}
