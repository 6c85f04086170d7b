package certs_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/internal/certs"
	"github.com/confab-chat/confab/internal/testnet/testca"
)

// files writes the certificate and key of a name and the roots of its authority,
// and returns a configuration that reads them.
func files(t *testing.T, ca *testca.Authority, name string) certs.Config {
	t.Helper()
	dir := t.TempDir()
	cfg := certs.Config{
		Certificate: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem"),
		CA: filepath.Join(dir, "ca.pem"),
	}
	issue(t, ca, name, cfg)
	write(t, cfg.CA, ca.PEM())
	return cfg
}

func issue(t *testing.T, ca *testca.Authority, name string, cfg certs.Config) {
	t.Helper()
	cert, key := ca.IssuePEM(t, testca.Names{DNS: []string{name}})
	write(t, cfg.Certificate, cert)
	write(t, cfg.Key, key)
}

func write(t *testing.T, file string, text []byte) {
	t.Helper()
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, cfg certs.Config) *certs.Store {
	t.Helper()
	s, err := certs.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// meet shakes hands and returns what each side has seen.
func meet(t *testing.T, client, server *tls.Config, name string) (c, s tls.ConnectionState, err error) {
	t.Helper()
	l, err := tls.Listen("tcp", "127.0.0.1:0", server)
	if err != nil {
		t.Fatal(err)
	}
	var serr error
	var done sync.WaitGroup
	done.Go(func() { s, serr = welcome(l) })
	client = client.Clone()
	client.ServerName = name
	conn, err := (&tls.Dialer{Config: client}).DialContext(t.Context(), "tcp", l.Addr().String())
	if err == nil {
		// With TLS 1.3 the client learns by reading that it was refused.
		_, err = io.ReadFull(conn, make([]byte, 1))
		c = conn.(*tls.Conn).ConnectionState() //nolint:forcetypeassert // it is what a tls.Dialer makes
		_ = conn.Close()
	}
	done.Wait()
	_ = l.Close()
	return c, s, errors.Join(err, serr)
}

// welcome shakes hands with one client.
func welcome(l net.Listener) (tls.ConnectionState, error) {
	conn, err := l.Accept()
	if err != nil {
		return tls.ConnectionState{}, err
	}
	defer func() { _ = conn.Close() }()
	_, err = conn.Write([]byte{1})
	return conn.(*tls.Conn).ConnectionState(), err //nolint:forcetypeassert // it is what tls.Listen makes
}

func TestClientTrustsItsRootsAndShowsItsCertificate(t *testing.T) {
	t.Parallel()
	ca := testca.New(t)
	cfg := files(t, ca, "conf.example.test")
	cfg.ClientCA = cfg.CA
	s := open(t, cfg)
	client, server, err := meet(t, s.Client(), s.Server(), "conf.example.test")
	if err != nil {
		t.Fatal(err)
	}
	if len(server.VerifiedChains) == 0 {
		t.Error("the server has not verified the client's certificate")
	}
	if client.PeerCertificates[0].DNSNames[0] != "conf.example.test" {
		t.Errorf("the server showed %v", client.PeerCertificates[0].DNSNames)
	}
	if _, _, err := meet(t, s.Client(), s.Server(), "other.example.test"); err == nil {
		t.Error("another name was taken")
	}
	if _, _, err := meet(t, open(t, certs.Config{}).Client(), s.Server(), "conf.example.test"); err == nil {
		t.Error("a root that nobody named was taken")
	}
}

func TestClientCertificates(t *testing.T) {
	t.Parallel()
	ca := testca.New(t)
	cfg := files(t, ca, "conf.example.test")
	cfg.ClientCA = cfg.CA
	server := open(t, cfg).Server()
	without := files(t, ca, "x")
	without.Certificate, without.Key = "", ""
	if _, state, err := meet(t, open(t, without).Client(), server, "conf.example.test"); err != nil || len(state.PeerCertificates) > 0 {
		t.Errorf("without a certificate: %v, %d certificates", err, len(state.PeerCertificates))
	}
	other := open(t, files(t, testca.New(t), "client.example.test"))
	foreign := open(t, without).Client()
	foreign.GetClientCertificate = other.Client().GetClientCertificate
	if _, _, err := meet(t, foreign, server, "conf.example.test"); err == nil {
		t.Error("a certificate of a foreign authority was taken")
	}
}

func TestMinVersion(t *testing.T) {
	t.Parallel()
	cfg := files(t, testca.New(t), "a.test")
	cfg.MinVersion = tls.VersionTLS13
	s := open(t, cfg)
	old := s.Client()
	old.MinVersion, old.MaxVersion = tls.VersionTLS12, tls.VersionTLS12
	if _, _, err := meet(t, old, s.Server(), "a.test"); err == nil {
		t.Error("TLS 1.2 was taken where 1.3 is the least")
	}
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	cfg.MinVersion = 0
	if _, _, err := meet(t, old, open(t, cfg).Server(), "a.test"); err == nil {
		t.Error("TLS 1.1 was taken")
	}
}

func TestReload(t *testing.T) {
	t.Parallel()
	ca := testca.New(t)
	cfg := files(t, ca, "a.test")
	s := open(t, cfg)
	server := s.Server()
	issue(t, ca, "b.test", cfg)
	if err := s.Reload(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := meet(t, s.Client(), server, "b.test"); err != nil {
		t.Errorf("the new certificate is not in use: %v", err)
	}
	write(t, cfg.Key, []byte("no key"))
	if err := s.Reload(); err == nil {
		t.Error("a broken key was taken")
	}
	if _, _, err := meet(t, s.Client(), server, "b.test"); err != nil {
		t.Errorf("the old certificate is not in use any more: %v", err)
	}
}

func TestOpenFails(t *testing.T) {
	t.Parallel()
	cfg := files(t, testca.New(t), "a.test")
	empty := filepath.Join(t.TempDir(), "empty.pem")
	write(t, empty, nil)
	tests := map[string]func(*certs.Config){
		"no certificate":      func(c *certs.Config) { c.Certificate = "nowhere.pem" },
		"no roots":            func(c *certs.Config) { c.CA = empty },
		"no roots of clients": func(c *certs.Config) { c.ClientCA = empty },
		"no file of roots":    func(c *certs.Config) { c.CA = "nowhere.pem" },
		"certificate for key": func(c *certs.Config) { c.Key = c.Certificate },
	}
	for name, change := range tests {
		changed := cfg
		change(&changed)
		if _, err := certs.Open(changed); err == nil {
			t.Errorf("%s: opened", name)
		}
	}
}

func TestWatch(t *testing.T) {
	t.Parallel()
	ca := testca.New(t)
	cfg := files(t, ca, "a.test")
	fresh := files(t, ca, "b.test")
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		cfg.Log = slog.New(slog.NewTextHandler(&log, nil))
		s := open(t, cfg)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go s.Watch(ctx)
		look := func() {
			<-time.After(10 * time.Second)
			synctest.Wait()
		}
		look()
		if log.Len() > 0 {
			t.Fatalf("nothing has changed: %s", log.String())
		}
		replace(t, cfg.Certificate, fresh.Certificate)
		look()
		look()
		if n := strings.Count(log.String(), "not reloaded"); n != 1 {
			t.Errorf("a certificate without its key was told of %d times", n)
		}
		replace(t, cfg.Key, fresh.Key)
		look()
		if !strings.Contains(log.String(), `msg="certificates reloaded"`) {
			t.Errorf("not reloaded: %s", log.String())
		}
		current, err := s.Server().GetConfigForClient(nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := current.Certificates[0].Leaf.DNSNames[0]; got != "b.test" {
			t.Errorf("the certificate in use is that of %s", got)
		}
	})
}

// replace puts another file in a place, as renewal does.
func replace(t *testing.T, place, by string) {
	t.Helper()
	text, err := os.ReadFile(by)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(place); err != nil {
		t.Fatal(err)
	}
	write(t, place, text)
	later := time.Now().Add(time.Hour)
	if err := os.Chtimes(place, later, later); err != nil {
		t.Fatal(err)
	}
}
