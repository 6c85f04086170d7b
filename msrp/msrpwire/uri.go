package msrpwire

import (
	"net/netip"
	"strconv"
	"strings"
)

// URI is an MSRP URI (RFC 4975 §6). The zero value is not a valid URI.
type URI struct {
	Secure    bool   // scheme msrps
	Userinfo  string // without "@"; plays no role in comparison
	Host      string // a name, an IPv4 literal, or an IPv6 literal without brackets
	Port      uint16 // 0 if absent; 2855 is never implied
	SessionID string // without the leading "/"; "" if absent
	Transport string // "tcp", "ws", "dc" or another word; never empty in a parsed URI
	Params    string // the rest with its leading ";", "" if there is none
}

const uriMax = 4096 // octets; a header line has no more

// ParseURI parses s, which must hold nothing but the URI. The error is an *Error
// with status 400. [MSRP-URI-01]
func ParseURI(s string) (URI, error) {
	if len(s) > uriMax {
		return URI{}, badURI("too long")
	}
	scheme, rest, ok := strings.Cut(s, "://")
	var u URI
	switch {
	case !ok:
		return URI{}, badURI("no scheme")
	case equalFold(scheme, "msrps"):
		u.Secure = true
	case !equalFold(scheme, "msrp"):
		return URI{}, badURI("unknown scheme")
	}
	// "@" can stand nowhere but behind the userinfo.
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		u.Userinfo, rest = rest[:i], rest[i+1:]
		if !all(u.Userinfo, classUserinfo) {
			return URI{}, badURI("bad userinfo")
		}
	}
	end := strings.IndexAny(rest, "/;")
	if end < 0 {
		return URI{}, badURI("no transport")
	}
	if err := u.parseAuthority(rest[:end]); err != nil {
		return URI{}, err
	}
	if err := u.parseTail(rest[end:]); err != nil {
		return URI{}, err
	}
	return u, nil
}

func (u *URI) parseAuthority(s string) error {
	var port string
	if literal, ok := strings.CutPrefix(s, "["); ok {
		if u.Host, port, ok = strings.Cut(literal, "]"); !ok || !isIPv6(u.Host) {
			return badURI("bad IPv6 literal")
		}
	} else {
		i := strings.IndexByte(s, ':')
		if i < 0 {
			i = len(s)
		}
		u.Host, port = s[:i], s[i:]
		if u.Host == "" || !all(u.Host, classRegName) || !validEscapes(u.Host) {
			return badURI("bad host")
		}
	}
	var ok bool
	if u.Port, ok = parsePort(port); !ok {
		return badURI("bad port")
	}
	return nil
}

func isIPv6(s string) bool {
	addr, err := netip.ParseAddr(s)
	return err == nil && addr.Is6() && addr.Zone() == ""
}

// parsePort reads ":" and 1 to 5 digits, or nothing.
func parsePort(s string) (port uint16, ok bool) {
	if s == "" {
		return 0, true
	}
	digits, ok := strings.CutPrefix(s, ":")
	if !ok || len(digits) > 5 {
		return 0, false
	}
	n, err := strconv.ParseUint(digits, 10, 16)
	return uint16(n), err == nil && n > 0
}

// parseTail parses "[/session-id];transport[;param]*".
func (u *URI) parseTail(s string) error {
	sid, rest, ok := strings.Cut(s, ";")
	if !ok {
		return badURI("no transport")
	}
	if sid != "" {
		u.SessionID = sid[1:]
		if u.SessionID == "" || !all(u.SessionID, classSession) {
			return badURI("bad session-id")
		}
	}
	u.Transport = rest
	if i := strings.IndexByte(rest, ';'); i >= 0 {
		u.Transport, u.Params = rest[:i], rest[i:]
	}
	if u.Transport == "" || !all(u.Transport, classAlnum) {
		return badURI("no transport")
	}
	if u.Params == "" {
		return nil
	}
	for param := range strings.SplitSeq(u.Params[1:], ";") {
		name, value, has := strings.Cut(param, "=")
		if name == "" || !all(name, classToken) || has && (value == "" || !all(value, classToken)) {
			return badURI("bad parameter")
		}
	}
	return nil
}

// validEscapes reports whether every "%" begins a percent-encoded octet.
func validEscapes(s string) bool {
	for i := range len(s) {
		if s[i] == '%' && (i+2 >= len(s) || !isHex(s[i+1]) || !isHex(s[i+2])) {
			return false
		}
	}
	return true
}

func badURI(problem string) *Error { return badRequest("Malformed URI: " + problem) }

// Scheme returns "msrp" or "msrps".
func (u URI) Scheme() string {
	if u.Secure {
		return "msrps"
	}
	return "msrp"
}

// IsIPv6 reports whether the host is an IPv6 literal, to be bracketed in a URI.
func (u URI) IsIPv6() bool { return strings.IndexByte(u.Host, ':') >= 0 }

// AppendTo appends the URI. An IPv6 literal gets its brackets. [MSRP-URI-06]
func (u URI) AppendTo(dst []byte) []byte {
	dst = append(dst, u.Scheme()...)
	dst = append(dst, "://"...)
	if u.Userinfo != "" {
		dst = append(append(dst, u.Userinfo...), '@')
	}
	if u.IsIPv6() {
		dst = append(append(append(dst, '['), u.Host...), ']')
	} else {
		dst = append(dst, u.Host...)
	}
	if u.Port != 0 {
		dst = strconv.AppendUint(append(dst, ':'), uint64(u.Port), 10)
	}
	if u.SessionID != "" {
		dst = append(append(dst, '/'), u.SessionID...)
	}
	dst = append(append(dst, ';'), u.Transport...)
	return append(dst, u.Params...)
}

// String returns the URI in the form that AppendTo writes.
func (u URI) String() string { return string(u.AppendTo(nil)) }
