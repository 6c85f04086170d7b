package sdp

import (
	"encoding/hex"
	"strings"
)

// Fingerprint is a=fingerprint (RFC 8122 §5): the digest of a certificate.
type Fingerprint struct {
	Hash   string // "sha-256", lower case
	Digest []byte
}

// parseFingerprint takes hash names and hexadecimal digits in any case, as
// deployed clients write both.
func parseFingerprint(value string) (Fingerprint, bool) {
	f := fields(value)
	if len(f) != 2 {
		return Fingerprint{}, false
	}
	digest, ok := parseColonHex(f[1])
	return Fingerprint{Hash: strings.ToLower(f[0]), Digest: digest}, ok
}

// String returns the attribute's value.
func (f Fingerprint) String() string {
	return strings.ToUpper(f.Hash) + " " + colonHex(f.Digest)
}

func parseColonHex(s string) ([]byte, bool) {
	out := make([]byte, 0, (len(s)+1)/3)
	for pair := range strings.SplitSeq(s, ":") {
		b, err := hex.DecodeString(pair)
		if err != nil || len(b) != 1 {
			return nil, false
		}
		out = append(out, b[0])
	}
	return out, true
}

func colonHex(digest []byte) string {
	const digits = "0123456789ABCDEF"
	out := make([]byte, 0, 3*len(digest))
	for i, b := range digest {
		if i > 0 {
			out = append(out, ':')
		}
		out = append(out, digits[b>>4], digits[b&15])
	}
	return string(out)
}
