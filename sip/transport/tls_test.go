package transport_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet/testca"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
)

// listenTLS opens a TLS listener of a server.
func listenTLS(t *testing.T, s *server) netip.AddrPort {
	t.Helper()
	at, err := s.Listen(t.Context(), "tls", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// Which names a certificate proves (RFC 5922 §7.1 and §7.2).
func TestNamesOfServers(t *testing.T) {
	t.Parallel()
	ca := testca.New(t)
	tests := []struct {
		name   string
		cert   testca.Names
		host   string // "" for the address
		proved bool
	}{
		{"DNS name", testca.Names{DNS: []string{"other.test", "Conf.Example.TEST"}}, "conf.example.test", true},
		{"case of the host", testca.Names{DNS: []string{"conf.example.test"}}, "CONF.example.test.", true},
		{"other name", testca.Names{DNS: []string{"conf.example.test"}}, "example.test", false},
		{"suffix", testca.Names{DNS: []string{"example.test"}}, "conf.example.test", false},
		{"wildcard", testca.Names{DNS: []string{"*.example.test"}}, "conf.example.test", false},
		{"SIP URI", testca.Names{URI: []string{"sip:example.test"}}, "example.test", true},
		{"SIP URI in capitals, with port", testca.Names{URI: []string{"SIP:EXAMPLE.test:5061"}}, "example.test", true},
		{"SIP URI goes before DNS", testca.Names{URI: []string{"sip:example.test"}, DNS: []string{"conf.example.test"}}, "conf.example.test", false},
		{"URI of a user", testca.Names{URI: []string{"sip:alice@example.test"}}, "example.test", false},
		{"DNS beside the URI of a user", testca.Names{URI: []string{"sip:alice@example.test"}, DNS: []string{"example.test"}}, "example.test", true},
		{"other scheme", testca.Names{URI: []string{"https://example.test"}}, "example.test", false},
		{"common name", testca.Names{CommonName: "Example.test"}, "example.test", true},
		{"common name beside alternatives", testca.Names{CommonName: "example.test", DNS: []string{"other.test"}}, "example.test", false},
		{"address", testca.Names{IP: []string{"127.0.0.1"}}, "", true},
		{"another address", testca.Names{IP: []string{"127.0.0.2"}}, "", false},
		{"name for an address", testca.Names{DNS: []string{"example.test"}}, "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t, transport.Config{TLS: ca.Server(t, tt.cert)})
			c := newServer(t, transport.Config{ClientTLS: ca.Client(t, testca.Names{})})
			done, sent := outcome()
			c.SendRequest(options(""), transport.Target{Transport: "tls", Addr: listenTLS(t, s), Host: tt.host}, done)
			if err := wait(t, sent); (err == nil) != tt.proved {
				t.Errorf("sent with %v", err)
			}
			if !tt.proved {
				return
			}
			c.await(t, 0, 1)
			requests, sources := s.await(t, 1, 0)
			if via := requests[0].Header.Value("Via"); !strings.HasPrefix(via, "SIP/2.0/TLS 127.0.0.1:") {
				t.Errorf("Via %q", via)
			}
			if src := sources[0]; src.Transport != "tls" || !src.Flow.Secure() || len(src.PeerNames) > 0 {
				t.Errorf("source %+v", src)
			}
		})
	}
}

func TestUnknownAuthority(t *testing.T) {
	t.Parallel()
	ca := testca.New(t)
	names := testca.Names{DNS: []string{"example.test"}}
	s := newServer(t, transport.Config{TLS: ca.Server(t, names)})
	at := listenTLS(t, s)
	insecure := testca.New(t).Client(t, testca.Names{})
	insecure.InsecureSkipVerify = true
	for name, tt := range map[string]struct {
		cfg *tls.Config
		ok  bool
	}{
		"of another authority": {testca.New(t).Client(t, testca.Names{}), false},
		"of the system's":      {nil, false},
		"nobody asks":          {insecure, true},
	} {
		c := newServer(t, transport.Config{ClientTLS: tt.cfg})
		done, sent := outcome()
		c.SendRequest(options(""), transport.Target{Transport: "tls", Addr: at, Host: "example.test"}, done)
		err := wait(t, sent)
		if (err == nil) != tt.ok {
			t.Errorf("%s: %v", name, err)
		}
		var unknown x509.UnknownAuthorityError
		if !tt.ok && !errors.As(err, &unknown) {
			t.Errorf("%s: %v is no reason", name, err)
		}
	}
}

// A connection is used again for the name that was proved on it, and only for it.
func TestConnectionsByName(t *testing.T) {
	t.Parallel()
	ca := testca.New(t)
	s := newServer(t, transport.Config{TLS: ca.Server(t, testca.Names{DNS: []string{"a.test", "b.test"}})})
	c := newServer(t, transport.Config{ClientTLS: ca.Client(t, testca.Names{})})
	at := listenTLS(t, s)
	for i, tt := range []struct {
		host   string
		dialed uint64
		ok     bool
	}{{"a.test", 1, true}, {"A.test", 1, true}, {"c.test", 2, false}, {"b.test", 3, true}, {"a.test", 3, true}} {
		done, sent := outcome()
		c.SendRequest(options(""), transport.Target{Transport: "tls", Addr: at, Host: tt.host}, done)
		if err := wait(t, sent); (err == nil) != tt.ok {
			t.Errorf("%d: %v", i, err)
		}
		if got := c.Counters().Dialed; got != tt.dialed {
			t.Errorf("%d: %d connections, want %d", i, got, tt.dialed)
		}
	}
}

// A client that shows a certificate is known by its names.
func TestPeerNames(t *testing.T) {
	t.Parallel()
	ca := testca.New(t)
	s := newServer(t, transport.Config{TLS: ca.Server(t, testca.Names{DNS: []string{"conf.test"}})})
	at := listenTLS(t, s)
	client := func(cfg *tls.Config, seq int) []string {
		c := newServer(t, transport.Config{ClientTLS: cfg})
		c.SendRequest(options(""), transport.Target{Transport: "tls", Addr: at, Host: "conf.test"}, nil)
		_, sources := s.await(t, seq, 0)
		return sources[seq-1].PeerNames
	}
	want := []string{"sbc.example.test"}
	if diff := cmp.Diff(want, client(ca.Client(t, testca.Names{DNS: []string{"SBC.example.test"}}), 1)); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	if got := client(ca.Client(t, testca.Names{}), 2); len(got) > 0 {
		t.Errorf("without a certificate: %v", got)
	}
	// The same by WebSocket over HTTPS.
	web := httptest.NewUnstartedServer(s.WebSocket(true, transport.WebSocketOptions{}))
	web.TLS = ca.Server(t, testca.Names{DNS: []string{"conf.test"}})
	web.StartTLS()
	t.Cleanup(web.Close)
	c := newServer(t, transport.Config{
		WebSocketPath: "/sip", ClientTLS: ca.Client(t, testca.Names{DNS: []string{"sbc.example.test"}}),
	})
	to := transport.Target{Transport: "wss", Addr: netip.MustParseAddrPort(web.Listener.Addr().String()), Host: "conf.test"}
	c.SendRequest(options(""), to, nil)
	c.await(t, 0, 1)
	requests, sources := s.await(t, 3, 0)
	if diff := cmp.Diff(want, sources[2].PeerNames); diff != "" || sources[2].Transport != "wss" {
		t.Errorf("by %s, names (-want +got):\n%s", sources[2].Transport, diff)
	}
	if via := requests[2].Header.Value("Via"); !strings.HasPrefix(via, "SIP/2.0/WSS "+c.Nowhere()) {
		t.Errorf("Via %q", via)
	}
}

// sips means TLS all the way.
func TestNeverInClear(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "COM-14")
	ca := testca.New(t)
	s := newServer(t, transport.Config{TLS: ca.Server(t, testca.Names{DNS: []string{"conf.test"}})})
	secure := listenTLS(t, s)
	c := newServer(t, transport.Config{ClientTLS: ca.Client(t, testca.Names{})})
	sips := options("")
	sips.URI.Scheme = "sips"
	routed := options("")
	routed.Header.Prepend("Route", "<sips:proxy.test;lr>")
	for _, req := range []*sipmsg.Request{sips, routed} {
		for _, to := range []transport.Target{
			{Transport: "udp", Addr: s.udp}, {Transport: "tcp", Addr: s.tcp}, {Addr: s.udp},
		} {
			done, sent := outcome()
			c.SendRequest(req, to, done)
			if err := wait(t, sent); !errors.Is(err, transport.ErrInsecure) {
				t.Errorf("%s over %q: %v", req.URI, to.Transport, err)
			}
		}
	}
	if requests, _ := s.await(t, 0, 0); len(requests) > 0 {
		t.Errorf("%d requests left in clear", len(requests))
	}
	c.SendRequest(sips, transport.Target{Transport: "tls", Addr: secure, Host: "conf.test"}, nil)
	if _, sources := s.await(t, 1, 0); !sources[0].SIPS {
		t.Error("sips over TLS is not told of")
	}
	conn := dial(t, s.tcp)
	text := strings.Replace(message("OPTIONS", "tcp", "127.0.0.1:1", 1), "sip:conf", "sips:conf", 1)
	write(t, conn, text+strings.ReplaceAll(text, "OPTIONS", "ACK")+message("OPTIONS", "tcp", "127.0.0.1:1", 2))
	expectResponses(t, conn, "400 1", "200 2")
	if got := s.Counters().Insecure; got != 2 {
		t.Errorf("%d requests in clear counted", got)
	}
}

// Whoever connects and does not shake hands is cut, and cannot take all the room.
func TestHandshakesAreBounded(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "SEC-02")
	ca := testca.New(t)
	cfg := transport.Config{
		TLS: ca.Server(t, testca.Names{DNS: []string{"conf.test"}}), HandshakesPerAddress: 2,
	}
	bubble(t, cfg, func(s *server, peer transport.Network) {
		t := s.t
		at := listenTLS(t, s)
		first, second, third := connect(t, peer, at), connect(t, peer, at), connect(t, peer, at)
		if took := closedAfter(third); took != 0 {
			t.Errorf("the third was cut after %v", took)
		}
		if took := closedAfter(first); took != 10*time.Second {
			t.Errorf("the first was cut after %v", took)
		}
		if took := closedAfter(second); took != 0 {
			t.Errorf("the second was cut %v after the first", took)
		}
		synctest.Wait()
		if c := s.Counters(); c.HandshakesRefused != 1 || c.HandshakesFailed != 2 || c.Connections != 0 {
			t.Errorf("%+v", c)
		}
		c := newServer(t, transport.Config{Network: peer, ClientTLS: ca.Client(t, testca.Names{})})
		c.SendRequest(options(""), transport.Target{Transport: "tls", Addr: at, Host: "conf.test"}, nil)
		c.await(t, 0, 1)
		_ = c.Close()
	})
}

func TestTLSWithoutCertificate(t *testing.T) {
	t.Parallel()
	s := newServer(t, transport.Config{})
	for _, network := range []string{"tls", "ws", "sctp"} {
		if _, err := s.Listen(t.Context(), network, "127.0.0.1:0"); !errors.Is(err, transport.ErrTransport) {
			t.Errorf("%s: %v", network, err)
		}
	}
}
