package msrp

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/msrp/msrpwire"
)

// authority is a certificate authority of a test.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t}
	c := a.issue(func(c *x509.Certificate) {
		c.IsCA, c.BasicConstraintsValid, c.KeyUsage = true, true, x509.KeyUsageCertSign
	})
	a.cert, a.key = c.Leaf, c.PrivateKey.(*ecdsa.PrivateKey) //nolint:forcetypeassert // issue makes no other
	return a
}

// issue signs a certificate; the first one signs itself.
func (a *authority) issue(change func(*x509.Certificate)) tls.Certificate {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	change(template)
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		a.t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// named is a certificate made out to host names and addresses.
func (a *authority) named(names ...string) tls.Certificate {
	a.t.Helper()
	return a.issue(func(c *x509.Certificate) {
		for _, n := range names {
			if ip := net.ParseIP(n); ip != nil {
				c.IPAddresses = append(c.IPAddresses, ip)
			} else {
				c.DNSNames = append(c.DNSNames, n)
			}
		}
	})
}

func (a *authority) trusted() *tls.Config {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
}

// listeningTLS is an endpoint with a TLS listener on the loopback.
func listeningTLS(t *testing.T, cfg Config) *Endpoint {
	t.Helper()
	ep := newEndpoint(t, cfg)
	if _, err := ep.Listen(context.Background(), "tls", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	return ep
}

// securePair are sessions of two endpoints that have told each other their
// paths and fingerprints.
func securePair(t *testing.T, clientEP, serverEP *Endpoint) pair {
	t.Helper()
	p := pair{fromClient: newRecorder(), atServ: newRecorder()}
	p.client = newSession(t, clientEP, SessionConfig{Handler: p.fromClient, Secure: true, Port: 9})
	p.server = newSession(t, serverEP, SessionConfig{Handler: p.atServ, Secure: true})
	p.client.SetFingerprints(prints(t, p.server)...)
	p.server.SetFingerprints(prints(t, p.client)...)
	p.client.SetRemote([]msrpwire.URI{p.server.URI()})
	p.server.SetRemote([]msrpwire.URI{p.client.URI()})
	return p
}

func prints(t *testing.T, s *Session) []Fingerprint {
	t.Helper()
	f, err := s.Fingerprints()
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func (p pair) connect(t *testing.T) {
	t.Helper()
	if err := p.client.Connect(); err != nil {
		t.Fatal(err)
	}
}

// TestSelfSigned: two endpoints without any certificate trust each other by
// fingerprint.
func TestSelfSigned(t *testing.T) {
	p := securePair(t, newEndpoint(t, Config{}), listeningTLS(t, Config{}))
	p.connect(t)
	wait(t, p.fromClient.bound, "bind of the client")
	wait(t, p.atServ.bound, "bind of the server")
	if err := p.client.Send(text("secret"), 1); err != nil {
		t.Fatal(err)
	}
	if in := wait(t, p.atServ.messages, "message"); string(in.Body()) != "secret" {
		t.Errorf("received %q", in.Body())
	}
	if err := p.server.Send(Message{ContentType: "text/plain", Body: pattern(300 << 10)}, 2); err != nil {
		t.Fatal(err)
	}
	if in := wait(t, p.fromClient.messages, "message"); len(in.Body()) != 300<<10 {
		t.Errorf("received %d octets", len(in.Body()))
	}
	if got := p.server.URI().Scheme(); got != "msrps" {
		t.Errorf("scheme %s", got)
	}
	for _, bad := range prints(t, p.server) {
		if bad.Hash != "sha-256" {
			t.Errorf("an ECDSA P-256 certificate has a fingerprint by %s", bad.Hash)
		}
	}
}

// TestServerFingerprint: the active side takes the strongest hash that the
// server announced, and no session comes about if it does not match.
func TestServerFingerprint(t *testing.T) {
	server := listeningTLS(t, Config{})
	leaf, err := server.own()
	if err != nil {
		t.Fatal(err)
	}
	of := func(hash string) Fingerprint {
		return Fingerprint{Hash: hash, Digest: digest(hash, leaf.Certificate[0])}
	}
	forged := func(hash string) Fingerprint { return Fingerprint{Hash: hash, Digest: make([]byte, 32)} }
	for name, test := range map[string]struct {
		prints []Fingerprint
		strict bool
		good   bool
	}{
		"strongest good, weaker forged":  {prints: []Fingerprint{forged("sha-1"), of("sha-256")}, good: true},
		"strongest forged, weaker good":  {prints: []Fingerprint{forged("sha-256"), of("sha-1")}},
		"one of two certificates":        {prints: []Fingerprint{forged("sha-256"), of("sha-256")}, good: true},
		"sha-512":                        {prints: []Fingerprint{forged("sha-256"), of("sha-512")}, good: true},
		"name in capitals":               {prints: []Fingerprint{{Hash: "SHA-256", Digest: of("sha-256").Digest}}, good: true},
		"only sha-1":                     {prints: []Fingerprint{of("sha-1")}, good: true},
		"only sha-1, which is refused":   {prints: []Fingerprint{of("sha-1")}, strict: true},
		"md5 never counts":               {prints: []Fingerprint{{Hash: "md5", Digest: make([]byte, 16)}}},
		"md5 beside a good one":          {prints: []Fingerprint{{Hash: "md5", Digest: make([]byte, 16)}, of("sha-256")}, good: true},
		"sha-384 good, sha-224 unlike":   {prints: []Fingerprint{of("sha-384"), forged("sha-224")}, good: true},
		"empty digest of the right hash": {prints: []Fingerprint{{Hash: "sha-256"}}},
	} {
		t.Run(name, func(t *testing.T) {
			client := newEndpoint(t, Config{RefuseSHA1: test.strict})
			p := securePair(t, client, server)
			p.client.SetFingerprints(test.prints...)
			p.connect(t)
			if test.good {
				wait(t, p.fromClient.bound, "bind")
				return
			}
			if err := wait(t, p.fromClient.ended, "end of the session"); err == nil {
				t.Error("no reason given")
			}
			if len(p.atServ.bound) > 0 {
				t.Error("the server's session is bound")
			}
		})
	}
	conform.Covers(t, "MSRP-TLS-05")
}

// TestClientFingerprint: the passive side asks for a certificate and compares it
// when a session binds, on shared connections for each session.
func TestClientFingerprint(t *testing.T) {
	server := listeningTLS(t, Config{TLS: &tls.Config{
		Certificates: []tls.Certificate{newAuthority(t).named("127.0.0.1")}, MinVersion: tls.VersionTLS12,
	}})
	client := newEndpoint(t, Config{})
	good := securePair(t, client, server)
	good.connect(t)
	wait(t, good.atServ.bound, "bind with the right certificate")
	wait(t, good.fromClient.bound, "bind with the right certificate")

	// Another session over the same connection, whose description announces
	// another certificate.
	other := securePair(t, client, server)
	other.server.SetFingerprints(Fingerprint{Hash: "sha-256", Digest: make([]byte, 32)})
	other.connect(t)
	for _, h := range []*recorder{other.fromClient, good.fromClient} {
		if err := wait(t, h.ended, "end of the connection"); err == nil {
			t.Error("ended without a reason")
		}
	}
	if len(other.atServ.bound) > 0 {
		t.Error("a session is bound to a connection with the wrong certificate")
	}

	// Without fingerprint in the description no certificate is needed.
	for _, announced := range []bool{false, true} {
		s, h := newSession(t, server, SessionConfig{Handler: newRecorder(), Secure: true}), newRecorder()
		s.cfg.Handler = h
		if announced {
			s.SetFingerprints(Fingerprint{Hash: "sha-256", Digest: make([]byte, 32)})
		}
		s.SetRemote([]msrpwire.URI{{Secure: true, Host: "192.0.2.1", Port: 9, SessionID: "peer", Transport: "tcp"}})
		nc, err := (&tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}}).DialContext(t.Context(), "tcp", server.address(true).String())
		if err != nil {
			t.Fatal(err)
		}
		p := peerOn(t, nc)
		p.write(p.requestTo(s.URI().String(), "msrps://192.0.2.1:9/peer;tcp", "SEND", "Message-ID: bind", nil, "$"))
		if announced {
			p.ended()
		} else {
			p.status(200)
			wait(t, h.bound, "bind without certificate")
		}
	}
	conform.Covers(t, "MSRP-TLS-06")
}

// TestCertificateNames: without fingerprint the certificate of a server must be
// in date, by a known authority, and made out to the host dialled.
func TestCertificateNames(t *testing.T) {
	known, unknown := newAuthority(t), newAuthority(t)
	expired := func(c *x509.Certificate) {
		c.DNSNames, c.NotAfter = []string{"conf.example"}, time.Now().Add(-time.Minute)
	}
	for name, test := range map[string]struct {
		certificate tls.Certificate
		host        string
		good        bool
	}{
		"name":              {certificate: known.named("conf.example"), host: "conf.example", good: true},
		"literal":           {certificate: known.named("127.0.0.1"), host: "127.0.0.1", good: true},
		"wrong name":        {certificate: known.named("other.example"), host: "conf.example"},
		"name for literal":  {certificate: known.named("conf.example"), host: "127.0.0.1"},
		"unknown authority": {certificate: unknown.named("conf.example"), host: "conf.example"},
		"expired":           {certificate: known.issue(expired), host: "conf.example"},
	} {
		t.Run(name, func(t *testing.T) {
			server := listeningTLS(t, Config{TLS: &tls.Config{
				Certificates: []tls.Certificate{test.certificate}, MinVersion: tls.VersionTLS12,
			}})
			client := newEndpoint(t, Config{ClientTLS: known.trusted(), Lookup: lookupTable("conf.example", "127.0.0.1")})
			p := securePair(t, client, server)
			p.client.SetFingerprints()
			remote := p.server.URI()
			remote.Host = test.host
			p.client.SetRemote([]msrpwire.URI{remote})
			p.connect(t)
			if test.good {
				wait(t, p.fromClient.bound, "bind")
				return
			}
			err := wait(t, p.fromClient.ended, "end of the session")
			if bad := (*tls.CertificateVerificationError)(nil); !errors.As(err, &bad) {
				t.Errorf("ended with %v", err)
			}
		})
	}
	conform.Covers(t, "MSRP-TLS-02")
}

// TestServerName: clients name the server they want, which picks the
// certificate by that.
func TestServerName(t *testing.T) {
	ca := newAuthority(t)
	server := listeningTLS(t, Config{TLS: &tls.Config{
		Certificates: []tls.Certificate{ca.named("one.example"), ca.named("two.example")}, MinVersion: tls.VersionTLS12,
	}})
	lookup := func(context.Context, string) ([]netip.Addr, error) {
		return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
	}
	for _, host := range []string{"one.example", "two.example"} {
		p := securePair(t, newEndpoint(t, Config{ClientTLS: ca.trusted(), Lookup: lookup}), server)
		p.server.uri.Host = host
		fingerprints := prints(t, p.server)
		p.client.SetFingerprints() // so that the name counts
		p.client.SetRemote([]msrpwire.URI{p.server.URI()})
		p.connect(t)
		wait(t, p.fromClient.bound, "bind to "+host)
		if !server.cfg.matches(fingerprints, p.client.conn.Load().certificate) {
			t.Errorf("%s: the description announces another certificate than is shown", host)
		}
	}
	conform.Covers(t, "MSRP-TLS-03")
}

// TestCrossedConnections: octets of the other kind than the listener's end the
// connection, and a session is bound by its own kind only.
func TestCrossedConnections(t *testing.T) {
	ep := listeningTLS(t, Config{})
	if _, err := ep.Listen(t.Context(), "tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	plain := peerOn(t, dial(t, ep.address(true).String()))
	plain.write(plain.request("SEND", "Message-ID: bind", nil, "$"))
	if f := wait(t, plain.frames, "end of the connection"); f.end == nil {
		t.Error("MSRP in clear on a TLS port is answered")
	}
	nc := dial(t, ep.address(false).String())
	if err := tls.Client(nc, &tls.Config{InsecureSkipVerify: true}).HandshakeContext(t.Context()); err == nil {
		t.Error("TLS on a plain port comes about")
	}
	// The session is for TLS, the connection is not.
	fixedSession(t, ep, SessionConfig{Handler: newRecorder(), Secure: true}, "msrps://conf.example:2855/abcdefgh;tcp", "msrps://192.0.2.1:9/peer;tcp")
	p := peerOn(t, dial(t, ep.address(false).String()))
	p.write(p.requestTo("msrps://conf.example:2855/abcdefgh;tcp", "msrps://192.0.2.1:9/peer;tcp", "SEND", "Message-ID: bind", nil, "$"))
	p.ended()
	conform.Covers(t, "MSRP-TLS-01")
}

// TestSuites: nothing below TLS 1.2 and no suite without forward secrecy, unless
// the old mandatory one is allowed.
func TestSuites(t *testing.T) {
	old := &tls.Config{
		InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12, MinVersion: tls.VersionTLS10,
		CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA},
	}
	modern := listeningTLS(t, Config{})
	for name, cfg := range map[string]*tls.Config{
		"RSA key exchange": old,
		"TLS 1.1":          {InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11},
	} {
		if err := tls.Client(dial(t, modern.address(true).String()), cfg).HandshakeContext(t.Context()); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	for id := range modern.tls.CipherSuites {
		t.Errorf("suite %d is set by hand", id)
	}
	legacy := New(Config{LegacyCipher: true})
	defer func() { _ = legacy.Close() }()
	if !slices.Contains(legacy.tls.CipherSuites, tls.TLS_RSA_WITH_AES_128_CBC_SHA) {
		t.Error("the old suite cannot be switched on")
	}
	conform.Covers(t, "MSRP-TLS-08")
}

// TestEndWithoutCloseNotify: a TLS stream that just ends is an end of input.
func TestEndWithoutCloseNotify(t *testing.T) {
	server := listeningTLS(t, Config{})
	p := securePair(t, newEndpoint(t, Config{}), server)
	p.connect(t)
	wait(t, p.atServ.bound, "bind")
	wait(t, p.fromClient.bound, "bind")
	tc, ok := p.client.conn.Load().nc.(*tls.Conn)
	if !ok {
		t.Fatal("no TLS")
	}
	if err := tc.NetConn().Close(); err != nil {
		t.Fatal(err)
	}
	if err := wait(t, p.atServ.ended, "end of the session"); !errors.Is(err, ErrEnd) && !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("ended with %v", err)
	}
	conform.Covers(t, "MSRP-CON-16")
}

// serverOf is the configuration of a server with one certificate.
func serverOf(c tls.Certificate) *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{c}, MinVersion: tls.VersionTLS12}
}

// TestFingerprints: what our descriptions say of a certificate, as OpenSSL
// computes it. The hash of the signature comes second where it is stronger than
// SHA-256.
func TestFingerprints(t *testing.T) {
	for name, want := range map[string][]string{
		"rsa-sha256":   {"sha-256 5D:55:86:7E:B5:0E:44:5B:BF:B2:24:B5:CB:2F:DB:59:16:EC:25:67:95:14:86:40:EA:4B:6D:DE:2C:90:10:09"},
		"ecdsa-sha384": {"sha-256 8E:DE:ED:92:CD:FA:65:F5:60:B8:0D:B5:AE:9B:2C:82:2B:98:C4:6A:84:CC:7C:69:64:B9:1C:6B:D6:12:D3:BA", "sha-384 D5:F2:56:A1:C3:42:79:B4:2E:D8:69:94:3E:75:CD:F3:DD:BD:42:73:D4:5D:6A:29:34:53:90:2D:0D:63:AE:D7:96:0A:5B:29:A0:3B:09:20:A0:8F:3F:5F:A7:9E:34:A2"},
	} {
		text, err := os.ReadFile("testdata/certificates/" + name + ".pem")
		if err != nil {
			t.Fatal(err)
		}
		der, _ := pem.Decode(text)
		certificate, err := x509.ParseCertificate(der.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range fingerprintsOf(certificate) {
			got = append(got, f.Hash+" "+strings.ReplaceAll(fmt.Sprintf("% X", f.Digest), " ", ":"))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
	conform.Covers(t, "MSRP-TLS-04")
}
