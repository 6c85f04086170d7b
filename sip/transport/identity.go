package transport

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"net"
	"net/url"
	"slices"
	"strings"
)

// proven returns the SIP domains that a peer has proved to be, none if it has
// shown no certificate that was verified.
func proven(state tls.ConnectionState) []string {
	if len(state.VerifiedChains) == 0 {
		return nil
	}
	return identities(state.PeerCertificates[0])
}

// identities returns the SIP domains of a certificate, in lower case: those of
// sip URIs without a user part; without any, the DNS names; without any
// alternative name, the common name. RFC 5922 §7.1.
func identities(cert *x509.Certificate) []string {
	var names []string
	for _, u := range cert.URIs {
		if host := sipDomain(u); host != "" {
			names = append(names, host)
		}
	}
	if len(names) > 0 {
		return names
	}
	for _, name := range cert.DNSNames {
		// RFC 5922 §7.2: a wildcard stands for nothing but itself.
		if !strings.Contains(name, "*") {
			names = append(names, strings.ToLower(strings.TrimSuffix(name, ".")))
		}
	}
	alternative := slices.ContainsFunc(cert.Extensions, func(e pkix.Extension) bool {
		return e.Id.Equal(asn1.ObjectIdentifier{2, 5, 29, 17})
	})
	if name := cert.Subject.CommonName; !alternative && name != "" && !strings.ContainsAny(name, "* :@/") {
		names = append(names, strings.ToLower(name))
	}
	return names
}

// sipDomain is the host of a sip URI that names no user.
func sipDomain(u *url.URL) string {
	host, _, _ := strings.Cut(u.Opaque, ";")
	if !strings.EqualFold(u.Scheme, "sip") || strings.Contains(host, "@") {
		return ""
	}
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.ToLower(host)
}

// forSIP reports whether a certificate is for SIP (RFC 5924 §4) where it says
// what it is for.
func forSIP(cert *x509.Certificate) bool {
	return slices.ContainsFunc(cert.UnknownExtKeyUsage, func(id asn1.ObjectIdentifier) bool {
		return id.Equal(asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 20})
	})
}
