package digest

import (
	"crypto/md5" //nolint:gosec // RFC 3261 §22.4: for peers that know nothing better, when named in the configuration
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Algorithm is a hash algorithm by its name in the algorithm parameter.
type Algorithm string

// The algorithms that are known. The -sess variants are not used.
const (
	SHA256 Algorithm = "SHA-256" // RFC 8760 §2.1
	MD5    Algorithm = "MD5"     // RFC 3261 §22.4; weak
)

// parseAlgorithm reads the value of the algorithm parameter; an absent one means
// MD5 (RFC 7616 §3.3). It returns "" for what is not known.
func parseAlgorithm(name string, given bool) Algorithm {
	switch {
	case !given || strings.EqualFold(name, string(MD5)):
		return MD5
	case strings.EqualFold(name, string(SHA256)):
		return SHA256
	}
	return ""
}

// known reports whether a is one of the algorithms above.
func (a Algorithm) known() bool { return a == SHA256 || a == MD5 }

// hash returns the hash of the parts with colons between them, in lower-case
// hexadecimal digits: H(…) of RFC 7616 §3.4.1.
func (a Algorithm) hash(parts ...string) string {
	text := []byte(strings.Join(parts, ":"))
	if a == MD5 {
		sum := md5.Sum(text) //nolint:gosec // see the import
		return hex.EncodeToString(sum[:])
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// HA1 returns H(username:realm:password), which stands for the password within
// the realm (RFC 7616 §3.4.2).
func (a Algorithm) HA1(username, realm, password string) string {
	return a.hash(username, realm, password)
}
