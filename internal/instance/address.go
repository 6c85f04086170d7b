package instance

import (
	"crypto/rand"
	"strings"

	"github.com/confab-chat/confab/internal/conference"
)

// Address is a conference URI in the parts that matter: the user part,
// percent-decoded and compared octet by octet, and the host in lower case.
// Scheme, port and parameters of a Request-URI lead to the same conference.
// [FOC-DSP-01]
type Address struct {
	User string
	Host string
}

// ID returns the canonical conference URI, sip:user@host.
func (a Address) ID() conference.ID {
	var b strings.Builder
	b.WriteString("sip:")
	for i := range len(a.User) {
		if c := a.User[i]; inUserPart(c) {
			b.WriteByte(c)
		} else {
			const hex = "0123456789ABCDEF"
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		}
	}
	b.WriteByte('@')
	b.WriteString(a.Host)
	return conference.ID(b.String())
}

// inUserPart reports whether c stands unescaped in a user part: unreserved and
// user-unreserved of RFC 3261 §25.1.
func inUserPart(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return strings.IndexByte("-_.!~*'()&=+$,;?/", c) >= 0
}

// canonical returns the address with its host in lower case.
func (a Address) canonical() Address {
	return Address{User: a.User, Host: strings.ToLower(a.Host)}
}

// randomUser returns a user part that nobody can guess: 26 characters of a
// base-32 alphabet from the system's CSPRNG, 130 bits. [FOC-DSP-03]
func randomUser() string { return strings.ToLower(rand.Text()) }
