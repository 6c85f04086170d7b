package sipmsg

// Auth is a challenge or credentials: a scheme and its parameters (RFC 3261
// §20.7, §20.44). Whether the parameters make sense is the digest package's
// business.
type Auth struct {
	Scheme string // "Digest", as on the wire
	Params Params
}

// String returns the value of the header field.
func (a Auth) String() string {
	dst := append([]byte(nil), a.Scheme...)
	for i := range a.Params {
		if !classToken.all(a.Params[i].Name) {
			continue
		}
		if len(dst) > len(a.Scheme) {
			dst = append(dst, ',')
		}
		dst = a.Params[i].appendTo(append(dst, ' '))
	}
	return string(dst)
}

// Challenges returns the WWW-Authenticate values; malformed ones are left out.
func (h *Header) Challenges() []Auth { return h.auths("WWW-Authenticate") }

// ProxyChallenges returns the Proxy-Authenticate values; malformed ones are left
// out.
func (h *Header) ProxyChallenges() []Auth { return h.auths("Proxy-Authenticate") }

// Credentials returns the Authorization values; malformed ones are left out.
func (h *Header) Credentials() []Auth { return h.auths("Authorization") }

func (h *Header) auths(name string) []Auth {
	var out []Auth
	for i := range h.Fields {
		if h.Fields[i].Name != name {
			continue
		}
		if a, ok := parseAuth(h.Fields[i].Value); ok {
			out = append(out, a)
		}
	}
	return out
}

// parseAuth reads scheme LWS auth-param *( COMMA auth-param ). A single token in
// place of the parameters, as Basic and Bearer have, becomes a Flag.
func parseAuth(s string) (Auth, bool) {
	scheme, s, ok := cut(s, ' ')
	if !ok || !classToken.all(scheme) {
		return Auth{}, false
	}
	a := Auth{Scheme: scheme}
	for {
		var p Param
		if p, s, ok = nextParam(s); !ok {
			return Auth{}, false
		}
		a.Params = append(a.Params, p)
		if s == "" {
			return a, true
		}
		if s[0] != ',' || len(a.Params) == maxParams {
			return Auth{}, false
		}
		s = s[1:]
	}
}
