package msrp

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"net"
	"time"
)

var errNoCertificate = errors.New("msrp: no certificate configured for TLS")

// selfSigned makes a certificate for an endpoint that has none: its fingerprint
// in the session description is all that vouches for it (RFC 8122 §3.1).
func selfSigned() (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "msrp"},
		NotBefore: now.Add(-24 * time.Hour), NotAfter: now.AddDate(1, 0, 0),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

// certificate is what a client that names the server gets to see, and what we
// present to servers ourselves.
func (ep *Endpoint) certificate(name string) (*tls.Certificate, error) {
	if net.ParseIP(name) != nil {
		name = "" // RFC 6066 §3: literals are not sent
	}
	if ep.cfg.TLS == nil {
		return ep.own()
	}
	cfg := ep.cfg.TLS
	hello := &tls.ClientHelloInfo{
		ServerName: name, SupportedVersions: []uint16{tls.VersionTLS13},
		SignatureSchemes: []tls.SignatureScheme{
			tls.ECDSAWithP256AndSHA256, tls.ECDSAWithP384AndSHA384, tls.ECDSAWithP521AndSHA512,
			tls.PSSWithSHA256, tls.PSSWithSHA384, tls.PSSWithSHA512, tls.Ed25519,
		},
	}
	if cfg.GetConfigForClient != nil {
		switch chosen, err := cfg.GetConfigForClient(hello); {
		case err != nil:
			return nil, err
		case chosen != nil:
			cfg = chosen
		}
	}
	if cfg.GetCertificate != nil {
		if c, err := cfg.GetCertificate(hello); c != nil || err != nil {
			return c, err
		}
	}
	// As crypto/tls chooses: the first that fits the name, else the first.
	for i := range cfg.Certificates {
		if hello.SupportsCertificate(&cfg.Certificates[i]) == nil {
			return &cfg.Certificates[i], nil
		}
	}
	if len(cfg.Certificates) > 0 {
		return &cfg.Certificates[0], nil
	}
	return nil, errNoCertificate
}

// fingerprints are those of the certificate that a client gets to see which
// names the server.
func (ep *Endpoint) fingerprints(name string) ([]Fingerprint, error) {
	c, err := ep.certificate(name)
	if err != nil {
		return nil, err
	}
	leaf := c.Leaf
	if leaf == nil {
		if leaf, err = x509.ParseCertificate(c.Certificate[0]); err != nil {
			return nil, err
		}
	}
	return fingerprintsOf(leaf), nil
}
