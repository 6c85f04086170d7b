package mixer

import (
	"strings"

	"github.com/confab-chat/confab/sip/sipmsg"
)

// addressKey is what two URIs of CPIM have in common when they name the same
// user or conference: for sip and sips the user part and the host without
// regard to scheme, port and parameters, for tel the digits, for anything else
// the URI itself. It is empty for what is no URI. [SW-PRV-05]
func addressKey(uri string) string {
	u, err := sipmsg.ParseURI(uri)
	if err != nil {
		return ""
	}
	switch {
	case u.IsSIP():
		return "sip:" + u.UserDecoded() + "@" + strings.ToLower(u.Host)
	case u.Scheme == "tel":
		number, _, _ := strings.Cut(u.Opaque, ";")
		return "tel:" + strings.Map(withoutSeparators, number)
	}
	return uri
}

// withoutSeparators drops the visual separators of RFC 3966 §3.
func withoutSeparators(r rune) rune {
	if strings.ContainsRune("-.()", r) {
		return -1
	}
	return r
}

func keySet(uris []string) map[string]struct{} {
	set := make(map[string]struct{}, 2*len(uris))
	for _, uri := range uris {
		set[uri] = struct{}{} // as it stands: what nearly everybody writes
		if key := addressKey(uri); key != "" {
			set[key] = struct{}{}
		}
	}
	return set
}

// holds reports whether set holds the address written as uri.
func holds(set map[string]struct{}, uri []byte) bool {
	if _, ok := set[string(uri)]; ok {
		return true
	}
	key := addressKey(string(uri))
	if key == "" {
		return false
	}
	_, ok := set[key]
	return ok
}
