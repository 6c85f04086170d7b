package msrp

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // read from peers that know nothing better, never written
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"strings"
)

// Fingerprint is the digest of a certificate as a=fingerprint carries it
// (RFC 8122 §5).
type Fingerprint struct {
	Hash   string // "sha-256", in lower case
	Digest []byte
}

// hashes are those that RFC 8122 §5 names and we compute, the strongest first.
// MD5 and MD2 never count. [MSRP-TLS-05]
func hashes() [5]string { return [...]string{"sha-512", "sha-384", "sha-256", "sha-224", weakHash} }

// weakHash is taken from peers that offer nothing better, unless the
// configuration refuses it.
const weakHash = "sha-1"

// digest computes a fingerprint, nil for a hash we do not compute.
func digest(hash string, certificate []byte) []byte {
	switch hash {
	case "sha-512":
		d := sha512.Sum512(certificate)
		return d[:]
	case "sha-384":
		d := sha512.Sum384(certificate)
		return d[:]
	case "sha-256":
		d := sha256.Sum256(certificate)
		return d[:]
	case "sha-224":
		d := sha256.Sum224(certificate)
		return d[:]
	case weakHash:
		d := sha1.Sum(certificate) //nolint:gosec // see the import
		return d[:]
	}
	return nil
}

// strongest returns those of the fingerprints that count: all of the best hash
// among them. RFC 8122 §5.1. [MSRP-TLS-05]
func strongest(prints []Fingerprint) []Fingerprint {
	for _, hash := range hashes() {
		var set []Fingerprint
		for _, f := range prints {
			if strings.EqualFold(f.Hash, hash) {
				set = append(set, Fingerprint{Hash: hash, Digest: f.Digest})
			}
		}
		if set != nil {
			return set
		}
	}
	return nil
}

// matches reports whether a peer that announced prints may present that
// certificate, in DER; nil means that it presented none.
func (c *Config) matches(prints []Fingerprint, certificate []byte) bool {
	if certificate == nil {
		return false
	}
	for _, f := range strongest(prints) {
		if f.Hash == weakHash {
			if c.RefuseSHA1 {
				return false
			}
			c.Log.Info("msrp peer has no better fingerprint than SHA-1")
		}
		if bytes.Equal(digest(f.Hash, certificate), f.Digest) {
			return true
		}
	}
	return false
}

// fingerprintsOf are what a description says of a certificate of ours: SHA-256,
// and the hash of its signature if that is stronger. RFC 8122 §5.
// [MSRP-TLS-04]
func fingerprintsOf(certificate *x509.Certificate) []Fingerprint {
	prints := []Fingerprint{{Hash: "sha-256", Digest: digest("sha-256", certificate.Raw)}}
	var add string
	switch certificate.SignatureAlgorithm {
	case x509.SHA384WithRSA, x509.SHA384WithRSAPSS, x509.ECDSAWithSHA384:
		add = "sha-384"
	case x509.SHA512WithRSA, x509.SHA512WithRSAPSS, x509.ECDSAWithSHA512:
		add = "sha-512"
	default:
		return prints
	}
	return append(prints, Fingerprint{Hash: add, Digest: digest(add, certificate.Raw)})
}
