package server

import (
	"context"
	"crypto/tls"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/internal/testnet/testca"
	"github.com/confab-chat/confab/participant"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// everyTransport makes a server listen in every way there is.
func everyTransport(t *testing.T, ca *testca.Authority) func(*config.Config) {
	t.Helper()
	dir := t.TempDir()
	cert, key := ca.IssuePEM(t, testca.Names{DNS: []string{"conf.localhost"}, IP: []string{"127.0.0.1"}})
	files := config.TLS{Certificate: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem"), MinVersion: "1.2"}
	for file, text := range map[string][]byte{files.Certificate: cert, files.Key: key} {
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return func(c *config.Config) {
		c.TLS = files
		c.SIP.Listen = append(c.SIP.Listen,
			config.Listener{Network: "tls", Address: "127.0.0.1:0"},
			config.Listener{Network: "ws", Address: "127.0.0.1:0", Path: "/sip"},
			config.Listener{Network: "wss", Address: "127.0.0.1:0", Path: "/sip"})
	}
}

// TestConferenceByEveryTransport has two participants create, join, subscribe,
// talk and leave by each transport over sockets of the host.
func TestConferenceByEveryTransport(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "COM-14", "COM-15", "COM-16")
	ca := testca.New(t)
	r := serve(t, everyTransport(t, ca))
	for _, network := range []string{"udp", "tcp", "tls", "ws", "wss"} {
		schemes := []string{"sip"}
		if network == "tls" || network == "wss" {
			schemes = append(schemes, "sips")
		}
		for _, scheme := range schemes {
			t.Run(scheme+" over "+network, func(t *testing.T) {
				t.Parallel()
				r.talk(t, ca, scheme, network)
			})
		}
	}
}

// talk is one conference from its creation to its end.
func (r *rig) talk(t *testing.T, ca *testca.Authority, scheme, network string) {
	t.Helper()
	alice, bob := r.secureUE(t, ca, network, "alice"), r.secureUE(t, ca, network, "bob")
	ctx, cancel := context.WithTimeout(t.Context(), testnet.Patience)
	defer cancel()
	first, err := alice.Create(ctx, scheme+":factory@conf.localhost", participant.Options{})
	if err != nil {
		t.Fatal(err)
	}
	second, err := bob.Join(ctx, scheme+first.URI()[len("sip"):], participant.Options{})
	if err != nil {
		t.Fatal(err)
	}
	sees(t, first, "alice", "bob")
	if _, err := second.Send(ctx, "hello"); err != nil {
		t.Fatal(err)
	}
	hears(t, first, "bob", "hello", false)
	if err := second.Leave(ctx); err != nil {
		t.Error(err)
	}
	sees(t, first, "alice") // by NOTIFY, which came over the connection that we opened
	if err := first.Leave(ctx); err != nil {
		t.Error(err)
	}
}

// secureUE makes a participant who trusts an authority.
func (r *rig) secureUE(t *testing.T, ca *testca.Authority, network, name string) *participant.UE {
	t.Helper()
	return r.ueWith(t, network, name, func(c *participant.Config) { c.TLS = ca.Client(t, testca.Names{}) })
}

// dialTLS connects a peer that shows a certificate of some names, or none.
func (r *rig) dialTLS(t *testing.T, ca *testca.Authority, names testca.Names) *guest {
	t.Helper()
	cfg := ca.Client(t, names)
	cfg.ServerName = "conf.localhost"
	conn, err := (&tls.Dialer{Config: cfg}).DialContext(t.Context(), "tcp", r.address("sip", "tls"))
	if err != nil {
		t.Fatal(err)
	}
	g := &guest{SIPPeer: testnet.SIPOver(t, "tls", conn), rig: r, name: "alice"}
	g.sdp = offer("alice", "msrp://127.0.0.1:2855/alice;tcp")
	return g
}

// TestContactOfSIPS: who asks by sips is answered by sips.
func TestContactOfSIPS(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "COM-14")
	ca := testca.New(t)
	r := serve(t, everyTransport(t, ca))
	for uri, want := range map[string]string{
		"sips:lobby@conf.localhost": "<sips:lobby@" + r.address("sip", "tls") + ">;isfocus",
		"sip:lobby@conf.localhost":  "<sip:lobby@" + r.address("sip", "tls") + ";transport=tls>;isfocus",
	} {
		g := r.dialTLS(t, ca, testca.Names{}).join(uri)
		if got := g.ok.Header.Value("Contact"); !strings.HasPrefix(got, want) {
			t.Errorf("%s: Contact %s, want %s", uri, got, want)
		}
		g.leave()
	}
}

// TestTrustByCertificate: a peer known by name asserts who its users are, others do
// not, wherever they are.
func TestTrustByCertificate(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "IDN-01")
	ca := testca.New(t)
	roots := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(roots, ca.PEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	every := everyTransport(t, ca)
	r := serve(t, func(c *config.Config) {
		every(c)
		c.TLS.ClientCA = roots
		c.Auth.Local = false
		c.SIP.Trust = []config.Peer{{Name: "SBC.example.test"}}
	})
	const asserted = "P-Asserted-Identity: <sip:alice@example.test>"
	for _, tt := range []struct {
		name   string
		shown  testca.Names
		status int
	}{
		{"the name listed", testca.Names{DNS: []string{"sbc.example.test"}}, 200},
		{"another name", testca.Names{DNS: []string{"other.example.test"}}, 403},
		{"no certificate", testca.Names{}, 403},
	} {
		g := r.dialTLS(t, ca, tt.shown)
		g.Send(g.invite(lobby, asserted))
		resp := g.Expect(tt.status, sipmsg.INVITE)
		if tt.status != 200 {
			continue
		}
		g.call.Learn(resp)
		g.Send(g.call.Ack())
		g.leave()
	}
}

// TestWebOrigins: a page of somebody else's may not connect, one that is listed may.
func TestWebOrigins(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "COM-22")
	every := everyTransport(t, testca.New(t))
	r := serve(t, func(c *config.Config) {
		every(c)
		c.HTTP.Origins = []string{"https://chat.example.test"}
	})
	for origin, status := range map[string]int{
		"https://chat.example.test": 101, "https://evil.example": 403, "http://" + r.address("sip", "ws"): 101,
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+r.address("sip", "ws")+"/sip", nil)
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range map[string]string{
			"Origin": origin, "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
			"Sec-WebSocket-Key": "aW1zLWV4YW1wbGUta2V5MQ==", "Sec-WebSocket-Protocol": "sip",
		} {
			req.Header.Set(name, value)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != status {
			t.Errorf("%s: %s, want %d", origin, resp.Status, status)
		}
	}
}

// TestCertificateIsReplaced: a new certificate is in use after Reload, without a
// restart; a broken one is not.
func TestCertificateIsReplaced(t *testing.T) {
	t.Parallel()
	first, second := testca.New(t), testca.New(t)
	var files config.TLS
	every := everyTransport(t, first)
	r := serve(t, func(c *config.Config) {
		every(c)
		files = c.TLS
	})
	r.dialTLS(t, first, testca.Names{}).join(lobby).leave()
	cert, key := second.IssuePEM(t, testca.Names{DNS: []string{"conf.localhost"}})
	for file, text := range map[string][]byte{files.Certificate: cert, files.Key: key} {
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.dialTLS(t, second, testca.Names{}).join(lobby).leave()
	if err := os.WriteFile(files.Key, []byte("broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := r.Reload(t.Context()); err == nil {
		t.Error("a broken key was taken")
	}
	r.dialTLS(t, second, testca.Names{}).join(lobby).leave()
}
