package server

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/internal/testnet/testca"
	"github.com/confab-chat/confab/sip/sipmsg"
)

const (
	halfHeader = "OPTIONS sip:conf.localhost SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bKslow\r\nSubject: "
	halfChunk  = "MSRP slowtid1 SEND\r\nTo-Path: "
	halfHTTP   = "GET /healthz HTTP/1.1\r\nHost: "
)

// halfBody is a SIP request whose body never ends.
func halfBody(octets int) string {
	whole := plain(sipmsg.OPTIONS, "sip:conf.localhost", "TCP 127.0.0.1", "slow")
	return strings.Replace(whole, "Content-Length: 0", fmt.Sprintf("Content-Length: %d", octets), 1)
}

// secure makes a connection one of TLS with the server.
func (s *siege) secure(ca *testca.Authority, conn net.Conn) net.Conn {
	s.t.Helper()
	cfg := ca.Client(s.t, testca.Names{})
	cfg.ServerName = "conf.localhost"
	secured := tls.Client(conn, cfg)
	if err := secured.HandshakeContext(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	return secured
}

// upgrade makes a connection one of SIP over WebSocket.
func (s *siege) upgrade(conn net.Conn) net.Conn {
	s.t.Helper()
	_, err := io.WriteString(conn, testnet.Knock("/sip", "sip", "conf.localhost"))
	if err != nil {
		s.t.Fatal(err)
	}
	head := make([]byte, 0, 512)
	for one := make([]byte, 1); !strings.HasSuffix(string(head), "\r\n\r\n"); head = append(head, one...) {
		if _, err := conn.Read(one); err != nil {
			s.t.Fatal(err)
		}
	}
	if !strings.HasPrefix(string(head), fmt.Sprintf("HTTP/1.1 %d ", http.StatusSwitchingProtocols)) {
		s.t.Fatalf("%s", head)
	}
	return conn
}

// TestSlowLoris has hundreds of peers who send an octet of a message now and then, in
// all protocols: they are cut when the message does not come to an end, and the octets
// that they leave waiting are bounded.
func TestSlowLoris(t *testing.T) {
	conform.Covers(t, "SEC-02")
	s, ca := ears(t, nil)
	const each = 100 / fold
	var conns []net.Conn
	for name, way := range map[string]struct {
		ear
		begin string
		dress func(net.Conn) net.Conn
	}{
		"SIP header": {ear{"sip", "tcp"}, halfHeader, nil},
		"SIP body":   {ear{"sip", "tcp"}, halfBody(1000), nil},
		"TLS hello":  {ear{"sip", "tls"}, "\x16\x03\x01\x02\x00\x01", nil},
		"SIP in TLS": {ear{"sip", "tls"}, halfHeader, func(c net.Conn) net.Conn { return s.secure(ca, c) }},
		"WebSocket handshake": {
			ear{"sip", "ws"}, "GET /sip HTTP/1.1\r\nUpgrade: websocket\r\nX: ", nil,
		},
		"WebSocket frame": {ear{"sip", "ws"}, "\x81\xfe\x03\xe8\x00\x00\x00\x00OPT", s.upgrade},
		"MSRP header":     {ear{"msrp", "tcp"}, halfChunk, nil},
		"HTTP header":     {ear{"http", "tcp"}, halfHTTP, nil},
	} {
		for i := range each {
			conn, err := s.open(way.network, way.proto, i)
			if err != nil {
				t.Fatal(name, err)
			}
			t.Cleanup(func() { _ = conn.Close() })
			if way.dress != nil {
				conn = way.dress(conn)
			}
			if _, err := conn.Write([]byte(way.begin)); err != nil {
				t.Fatal(name, err)
			}
			conns = append(conns, conn)
		}
	}
	s.holds("with slow peers", 8*each*(48<<10)+4<<20)
	s.goes("with slow peers")
	var cut sync.WaitGroup
	for _, conn := range conns {
		cut.Go(func() { closes(t, conn) })
	}
	over := make(chan struct{})
	go func() {
		cut.Wait()
		close(over)
	}()
	for dripping := true; dripping; {
		for _, conn := range conns {
			_, _ = conn.Write([]byte("x")) // it may be closed already
		}
		select {
		case <-over:
			dripping = false
		case <-time.After(150 * time.Millisecond):
		}
	}
	s.refusals("message_timeout", 4*each)
	s.recovers()
	s.goes("after slow peers")
	s.holds("after slow peers", 8<<20)
}

// TestHalfBodies has peers who send large bodies up to the last octet: what all of
// them together leave is bounded.
func TestHalfBodies(t *testing.T) {
	conform.Covers(t, "SEC-02")
	const most, body, n = 8 << 20, 500 << 10, 100
	s := besiegeTuned(t, func(c *config.Config) { c.Limits.HalfRead = most }, tuning{patience: cutting})
	var conns []net.Conn
	begin := halfBody(body) + strings.Repeat("x", body-1)
	for i := range n {
		conn, err := s.open("tcp", "sip", i)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		_ = conn.SetWriteDeadline(time.Now().Add(testnet.Patience))
		_, _ = conn.Write([]byte(begin)) // it may be cut before
		conns = append(conns, conn)
	}
	s.refusals("half_read", n/2)
	s.counts("confab_sip_half_read_bytes", most/2)
	s.holds("with half bodies", most+8<<20)
	s.goes("with half bodies")
	for _, conn := range conns {
		closes(t, conn)
	}
	s.recovers()
	s.holds("after half bodies", 4<<20)
}

// TestPeersThatNeverRead ask and do not listen, by SIP, and listen to no message, by
// MSRP.
func TestPeersThatNeverRead(t *testing.T) {
	conform.Covers(t, "SEC-02")
	const backlog = 256 << 10
	s := besiege(t, func(c *config.Config) {
		c.Limits.SIPBacklog, c.Limits.TransactionsPerAddress = backlog, 0
		c.Mixer.SenderRate, c.Mixer.FanOutRate = 0, 0
	})
	const deaf = 4
	stuck := 0
	for i := range deaf {
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 9, 0, byte(i))}, Timeout: testnet.Patience}
		testnet.SmallWindow(&d, 64<<10)
		conn, err := d.DialContext(t.Context(), "tcp", s.address("sip", "tcp"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		for n := 0; ; n++ {
			_ = conn.SetWriteDeadline(time.Now().Add(5 * time.Second))
			// Without identity, so that nothing is left of it but the answer.
			id := fmt.Sprintf("deaf-%d-%d", i, n)
			_, err := conn.Write([]byte(plain(sipmsg.BYE, lobby, "TCP 127.0.0.1", id)))
			if errors.Is(err, os.ErrDeadlineExceeded) {
				stuck++ // both windows are closed, and the system lets nothing through: he floods nobody
			}
			if err != nil {
				break
			}
		}
	}
	if stuck == deaf {
		t.Error("nobody was cut, and nobody could write")
	}
	s.refusals("slow_reader", float64(deaf-stuck))
	s.goes("beside SIP peers that never read")

	dave := s.from("tcp", 50).join(lobby)
	own := attribute(t, []byte(dave.sdp), "path")
	dave.msrp = testnet.DialMSRP(t, own, attribute(t, dave.ok.Body, "path"))
	dave.msrp.Bind()
	text := strings.Repeat("x", 100<<10)
	for range 300 / fold { // 30 MiB, of which dave has read nothing
		s.alice.say(text)
		s.bob.hear(text)
	}
	// What waits for him is in the history, as for those who come later, and at
	// most one queue full of it in his session.
	s.holds("beside peers that never read", int(config.Default().Mixer.HistorySize)+8<<20)
	s.goes("beside an MSRP peer that never reads")
}
