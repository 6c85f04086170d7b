package msrpwire

import (
	"bytes"
	"net/netip"
	"strings"
)

// Equal compares by RFC 4975 §6.1: scheme, host (IP literals by value), port,
// session-id and transport. Userinfo and other parameters play no role.
// [MSRP-URI-02]
func (u URI) Equal(v URI) bool {
	return u.Secure == v.Secure && u.Port == v.Port && u.SessionID == v.SessionID &&
		strings.EqualFold(u.Transport, v.Transport) && sameHost(u.Host, v.Host)
}

func sameHost(a, b string) bool {
	if a == b {
		return true
	}
	x, err1 := netip.ParseAddr(a)
	y, err2 := netip.ParseAddr(b)
	if err1 == nil || err2 == nil {
		return err1 == nil && err2 == nil && x == y
	}
	return strings.EqualFold(decodeUnreserved(a), decodeUnreserved(b))
}

// decodeUnreserved decodes the percent-encoded octets that need no encoding.
func decodeUnreserved(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]) {
			c := unhex(s[i+1])<<4 | unhex(s[i+2])
			if classes[c]&classAlnum != 0 || strings.IndexByte(unreservedPunct, c) >= 0 {
				out = append(out, c)
				i += 2
				continue
			}
		}
		out = append(out, s[i])
	}
	return string(out)
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || lowerASCII(c) >= 'a' && lowerASCII(c) <= 'f'
}

func unhex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return lowerASCII(c) - 'a' + 10
}

// Matching says how the paths of a request are compared with those of the
// session description. The zero value is MatchSessionID.
type Matching uint8

const (
	// MatchSessionID tolerates another host and port, since boxes on the way
	// rewrite them in session descriptions only. It is what deployed peers do.
	MatchSessionID Matching = iota
	// MatchStrict demands equal URIs, as RFC 4975 §7.3 does.
	MatchStrict
)

// To reports whether a request whose To-Path is the single URI got is addressed
// to our session URI own. A To-Path of several URIs never is. [MSRP-PTH-05]
func (m Matching) To(own, got URI) bool {
	if m == MatchStrict || own.SessionID == "" {
		return own.Equal(got)
	}
	return own.SessionID == got.SessionID && own.Secure == got.Secure && got.Port != 0 &&
		strings.EqualFold(own.Transport, got.Transport)
}

// From reports whether the From-Path got of a request fits the path peer of the
// peer's session description. [MSRP-PTH-06]
func (m Matching) From(peer, got []URI) bool {
	if len(peer) == 0 || len(got) == 0 {
		return false
	}
	p, g := peer[len(peer)-1], got[len(got)-1]
	if m != MatchStrict && p.SessionID != "" {
		return p.SessionID == g.SessionID
	}
	if len(peer) != len(got) {
		return false
	}
	for i := range peer {
		if !peer[i].Equal(got[i]) {
			return false
		}
	}
	return true
}

// SessionIDOf returns the session-id of a well-formed URI without parsing the
// rest of it, for looking up a session; nil if it has none.
func SessionIDOf(uri []byte) []byte {
	_, rest, _ := bytes.Cut(uri, []byte("://"))
	end := bytes.IndexByte(rest, ';')
	if at := bytes.LastIndexByte(rest, '@'); at > end {
		rest = rest[at+1:]
		end = bytes.IndexByte(rest, ';')
	}
	slash := bytes.IndexByte(rest, '/')
	if slash < 0 || end < slash {
		return nil
	}
	return rest[slash+1 : end]
}
