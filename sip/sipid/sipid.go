// Package sipid makes the identifiers that SIP wants unguessable and unique:
// tags, branches and Call-IDs (RFC 3261 §8.1.1.4, §8.1.1.7, §19.3), all from the
// operating system's cryptographic random source [SEC-06].
//
// It is called by whoever starts a request, a dialog or a transaction. All its
// functions are safe for concurrent use.
package sipid

import "crypto/rand"

// NewTag returns a tag of 16 letters and digits, 80 random bits.
func NewTag() string { return Token(16) }

// NewBranch returns a branch that starts with the cookie of RFC 3261.
func NewBranch() string { return "z9hG4bK" + Token(20) }

// NewCallID returns a Call-ID of 26 letters and digits, 130 random bits, without
// a host part.
func NewCallID() string { return Token(26) }

// Token returns n random lower-case letters and digits, five bits each.
func Token(n int) string {
	const alphabet = "abcdefghijklmnopqrstuvwxyz234567"
	b := make([]byte, n)
	_, _ = rand.Read(b) // it never fails: see crypto/rand
	for i := range b {
		b[i] = alphabet[b[i]&31]
	}
	return string(b)
}
