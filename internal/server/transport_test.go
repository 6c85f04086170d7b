package server

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet/testca"
	"github.com/confab-chat/confab/participant"
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
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
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
	u, err := participant.New(participant.Config{
		AOR: "sip:" + name + "@example.test", Server: r.address("sip", network), Transport: network,
		TLS: ca.Client(t, testca.Names{}),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := u.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	return u
}
