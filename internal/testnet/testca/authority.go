// Package testca is a certification authority for tests, which issues what
// TLS of SIP, MSRP and HTTP needs, with names of RFC 5922.
package testca

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/url"
	"testing"
	"time"
)

// An Authority signs certificates.
type Authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// Names are what a certificate is for.
type Names struct {
	CommonName string
	DNS        []string
	URI        []string // such as sip:example.test
	IP         []string
}

// New makes an authority whose certificates are valid around the year 2000,
// when the clock of a synctest bubble starts, and today.
func New(tb testing.TB) *Authority {
	tb.Helper()
	key := newKey(tb)
	template := template(Names{CommonName: "Test authority"})
	template.IsCA, template.BasicConstraintsValid = true, true
	template.KeyUsage = x509.KeyUsageCertSign
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		tb.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		tb.Fatal(err)
	}
	return &Authority{cert: cert, key: key}
}

func newKey(tb testing.TB) *ecdsa.PrivateKey {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

func template(names Names) *x509.Certificate {
	c := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()),
		Subject:      pkix.Name{CommonName: names.CommonName},
		NotBefore:    time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:     time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC),
		DNSNames:     names.DNS,
	}
	for _, text := range names.URI {
		if u, err := url.Parse(text); err == nil {
			c.URIs = append(c.URIs, u)
		}
	}
	for _, text := range names.IP {
		c.IPAddresses = append(c.IPAddresses, net.ParseIP(text))
	}
	return c
}

// PEM is the authority's own certificate.
func (a *Authority) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})
}

// Pool holds the authority's own certificate.
func (a *Authority) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

// IssuePEM makes a certificate and its key, for servers and clients.
func (a *Authority) IssuePEM(tb testing.TB, names Names) (cert, key []byte) {
	tb.Helper()
	private := newKey(tb)
	der, err := x509.CreateCertificate(rand.Reader, template(names), a.cert, private.Public(), a.key)
	if err != nil {
		tb.Fatal(err)
	}
	text, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		tb.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: text})
}

// Issue makes a certificate with its key.
func (a *Authority) Issue(tb testing.TB, names Names) tls.Certificate {
	tb.Helper()
	pair, err := tls.X509KeyPair(a.IssuePEM(tb, names))
	if err != nil {
		tb.Fatal(err)
	}
	return pair
}

// Server is the configuration of a server of these names. It asks clients for
// certificates of the authority and serves those that have none, too.
func (a *Authority) Server(tb testing.TB, names Names) *tls.Config {
	tb.Helper()
	return &tls.Config{
		MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{a.Issue(tb, names)},
		ClientCAs: a.Pool(), ClientAuth: tls.VerifyClientCertIfGiven,
	}
}

// Client is the configuration of a client that trusts the authority and shows a
// certificate of these names, or none where there are none.
func (a *Authority) Client(tb testing.TB, names Names) *tls.Config {
	tb.Helper()
	c := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: a.Pool()}
	if names.CommonName != "" || len(names.DNS)+len(names.URI)+len(names.IP) > 0 {
		c.Certificates = []tls.Certificate{a.Issue(tb, names)}
	}
	return c
}
