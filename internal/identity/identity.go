package identity

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// Identity is a verified caller.
type Identity struct {
	// User is the address of record, for example "sip:alice@example.test".
	User conference.Identity
	// Display is the display name that came with the identity, "" if none.
	Display string
	// AORs are further asserted identities, as a rule a tel URI. [IDN-02]
	AORs []string
	// Privacy reports whether the caller wants to be shown anonymously. [PRV-01]
	Privacy bool
	// Anonymous reports a caller who proved nothing and was let in all the same.
	Anonymous bool
	// Trusted reports that the request came from a peer of our trust domain.
	Trusted bool
	// Asserted reports that this peer said who the caller is, so that its operator answers
	// for him; others at the same address proved it themselves. D-07
	Asserted bool
}

// Of returns the address of record that u belongs to, in the one form in which
// identities are compared: no port, no parameters, no needless escapes, the host
// in lower case, sips as sip; a telephone number without visual separators.
// [FOC-RMV-03]
func Of(u sipmsg.URI) conference.Identity {
	switch {
	case u.Scheme == "tel":
		return conference.Identity(u.Number().String())
	case !u.IsSIP():
		return conference.Identity(u.String())
	}
	a := u.Address()
	a.Scheme = "sip"
	a.Host = aorHost(u)
	a.Port = 0
	return conference.Identity(a.String())
}

// aorHost is the host in lower case, and an address in its one form (RFC 5952).
func aorHost(u sipmsg.URI) string {
	if strings.Contains(u.Host, ":") {
		if a, err := netip.ParseAddr(u.Host); err == nil {
			return a.String()
		}
	}
	return strings.ToLower(u.Host)
}

// maxDisplay is how many characters of a display name are shown: everybody's
// roster carries everybody's name.
const maxDisplay = 64

// anonymous reports whether a names nobody (RFC 3323 §4.1). [IDN-04]
func anonymous(a sipmsg.Address) bool {
	host := strings.ToLower(a.URI.Host)
	return host == "anonymous.invalid" || strings.HasSuffix(host, ".anonymous.invalid") ||
		strings.EqualFold(a.URI.User, "anonymous") || strings.EqualFold(a.Display, "anonymous")
}

// WantsPrivacy reports whether the Privacy field asks for id, user or header
// (RFC 3323 §4.2, RFC 3325 §9.3). "none" and no field mean no. [PRV-03]
func WantsPrivacy(h *sipmsg.Header) bool {
	return slices.ContainsFunc(h.Privacy(), func(value string) bool {
		return value == "id" || value == "user" || value == "header"
	})
}
