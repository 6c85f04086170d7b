package mixer

import (
	"slices"
	"strings"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// addressKey is what two URIs of CPIM have in common when they name the same
// user or conference: for sip and sips the user part and the host without
// regard to scheme, port and parameters, for tel the digits, for anything else,
// and for anonymous URIs, the URI itself. It is empty for what is no URI.
// [SW-PRV-05]
func addressKey(uri string) string {
	u, err := sipmsg.ParseURI(uri)
	if err != nil {
		return ""
	}
	switch {
	case strings.EqualFold(u.Host, conference.AnonymousHost):
		return uri
	case u.IsSIP():
		return "sip:" + u.UserDecoded() + "@" + strings.ToLower(u.Host)
	case u.Scheme == "tel":
		number, _, _ := strings.Cut(u.Opaque, ";")
		return "tel:" + strings.Map(withoutSeparators, number)
	}
	return uri
}

// deviceOf returns which device a GRUU means (RFC 5627 §3.1): the value of gr, empty for
// an address that is none.
func deviceOf(uri string) string {
	u, err := sipmsg.ParseURI(uri)
	if err != nil || !u.IsSIP() {
		return ""
	}
	device, _ := u.Params.Lookup("gr")
	return device
}

// withoutSeparators drops the visual separators of RFC 3966 §3.
func withoutSeparators(r rune) rune {
	if strings.ContainsRune("-.()", r) {
		return -1
	}
	return r
}

// addresses are a few URIs that mean the same: their keys.
type addresses []string

func addressesOf(uris []string) addresses {
	var a addresses
	for _, uri := range uris {
		if key := addressKey(uri); key != "" && !slices.Contains(a, key) {
			a = append(a, key)
		}
	}
	return a
}

// hold reports whether uri is one of the addresses.
func (a addresses) hold(uri []byte) bool {
	for _, key := range a {
		if key == string(uri) {
			return true // as nearly everybody writes it
		}
	}
	key := addressKey(string(uri))
	return key != "" && slices.Contains(a, key)
}
