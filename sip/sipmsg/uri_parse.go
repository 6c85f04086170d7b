package sipmsg

import (
	"net/netip"
	"strings"
)

// ParseURI reads a SIP, SIPS, tel or other absolute URI. The error is a
// *SyntaxError for field "URI".
func ParseURI(s string) (URI, error) { return parseURI(s, nil, "URI") }

// parseURI appends the parameters to buf, which may be nil.
func parseURI(s string, buf Params, field string) (URI, error) {
	if len(s) > 4 && s[:4] == "sip:" {
		return parseSIPURI("sip", s[4:], buf, field)
	}
	scheme, rest, ok := strings.Cut(s, ":")
	switch {
	case ok && equalFold(scheme, "sip"):
		return parseSIPURI("sip", rest, buf, field)
	case ok && equalFold(scheme, "sips"):
		return parseSIPURI("sips", rest, buf, field)
	case !ok || !validScheme(scheme):
		return URI{}, malformed(field, "no URI scheme")
	case rest == "" || opaqueUnsafe(rest):
		return URI{}, malformed(field, "malformed URI")
	case equalFold(scheme, "tel"):
		return parseTelURI(rest, buf, field)
	}
	return URI{Scheme: strings.ToLower(scheme), Opaque: rest}, nil
}

func validScheme(s string) bool {
	if s == "" || !isAlpha(s[0]) {
		return false
	}
	for i := 1; i < len(s); i++ {
		if c := s[i]; !isAlpha(c) && !isDigit(c) && c != '+' && c != '-' && c != '.' {
			return false
		}
	}
	return true
}

func isAlpha(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// parseSIPURI reads [ userinfo "@" ] hostport uri-parameters [ headers ]. An "@"
// can stand nowhere else, so the first one ends the userinfo.
func parseSIPURI(scheme, s string, buf Params, field string) (URI, error) {
	u := URI{Scheme: scheme}
	if at := strings.IndexByte(s, '@'); at >= 0 {
		if !u.setUserinfo(s[:at]) {
			return URI{}, malformed(field, "malformed user part")
		}
		s = s[at+1:]
	}
	var ok bool
	if u.Host, u.Port, s, ok = parseHostPort(s); !ok || s != "" && s[0] != ';' && s[0] != '?' {
		return URI{}, malformed(field, "malformed host or port")
	}
	if s == "" {
		return u, nil
	}
	params, headers, hasHeaders := strings.Cut(s, "?")
	if params != "" {
		if u.Params, ok = splitURIParams(buf, params[1:], ';', classParam); !ok {
			return URI{}, malformed(field, "malformed URI parameter")
		}
	}
	if hasHeaders {
		if u.Headers, ok = splitURIParams(nil, headers, '&', classURIHead); !ok {
			return URI{}, malformed(field, "malformed URI header")
		}
	}
	return u, nil
}

func (u *URI) setUserinfo(s string) bool {
	u.User, u.Password, _ = strings.Cut(s, ":")
	return u.User != "" && classUser.allEscaped(u.User) && classPassword.allEscaped(u.Password)
}

// splitURIParams reads name["=" value] pairs separated by sep. Values may be empty.
func splitURIParams(buf Params, s string, sep byte, c class) (Params, bool) {
	for {
		i := strings.IndexByte(s, sep)
		pair := s
		if i >= 0 {
			pair = s[:i]
		}
		name, value, valued := strings.Cut(pair, "=")
		if name == "" || len(buf) == maxParams || !c.allEscaped(name) || !c.allEscaped(value) {
			return nil, false
		}
		buf = append(buf, Param{Name: normalise(name), Value: value, Flag: !valued})
		if i < 0 {
			return buf, true
		}
		s = s[i+1:]
	}
}

// parseHostPort reads host [ ":" port ] and returns what follows; brackets of IPv6
// addresses are dropped.
func parseHostPort(s string) (host string, port uint16, rest string, ok bool) {
	if s != "" && s[0] == '[' {
		end := strings.IndexByte(s, ']')
		if end < 0 {
			return "", 0, "", false
		}
		host, rest = s[1:end], s[end+1:]
		if a, err := netip.ParseAddr(host); err != nil || !a.Is6() || a.Zone() != "" {
			return "", 0, "", false
		}
	} else {
		end := classHost.span(s)
		if end == 0 {
			return "", 0, "", false
		}
		host, rest = s[:end], s[end:]
	}
	if rest == "" || rest[0] != ':' {
		return host, 0, rest, true
	}
	end := 1
	for end < len(rest) && isDigit(rest[end]) {
		end++
	}
	n, ok := parseUint(rest[1:end], 65535)
	return host, uint16(n), rest[end:], ok //nolint:gosec // at most 65535
}

// parseTelURI reads what follows "tel:" (RFC 3966 §3). The number is not judged
// beyond its characters: local numbers without phone-context do occur.
func parseTelURI(s string, buf Params, field string) (URI, error) {
	number, params, has := strings.Cut(s, ";")
	digits := 0
	for i := range len(number) {
		switch c := number[i]; {
		case isDigit(c) || unhex(c) >= 0 || c == '*' || c == '#':
			digits++
		case c == '+' && i == 0, c == '-', c == '.', c == '(', c == ')':
		default:
			return URI{}, malformed(field, "malformed telephone number")
		}
	}
	if digits == 0 {
		return URI{}, malformed(field, "malformed telephone number")
	}
	u := URI{Scheme: "tel", Opaque: number}
	if has {
		var ok bool
		if u.Params, ok = splitURIParams(buf, params, ';', classParam); !ok {
			return URI{}, malformed(field, "malformed URI parameter")
		}
	}
	return u, nil
}
