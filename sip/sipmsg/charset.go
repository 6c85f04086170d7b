package sipmsg

import "strings"

// class is a set of character classes of RFC 3261 §25.1, one bit each.
type class uint16

const (
	classToken      class = 1 << iota // token
	classUser                         // user of a SIP URI, without escapes
	classPassword                     // password of a SIP URI, without escapes
	classParam                        // pname and pvalue of a SIP URI, without escapes
	classURIHead                      // hname and hvalue of a SIP URI, without escapes
	classHost                         // hostname and IPv4address; "_" is tolerated
	classWord                         // word, as in Call-ID
	classValue                        // gen-value written without quotes: token or host
	classBare                         // what is taken as gen-value without quotes
	classUnreserved                   // unreserved: may stand anywhere in a URI
)

//nolint:gochecknoglobals // a read-only table, the price of one load per octet
var classes = classTable()

func classTable() (t [256]class) {
	const alphanum = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	const unreserved = alphanum + "-_.!~*'()"
	const token = alphanum + "-.!%*_+`'~"
	add := func(c class, set string) {
		for i := range len(set) {
			t[set[i]] |= c
		}
	}
	add(classToken, token)
	add(classUnreserved, unreserved)
	add(classUser, unreserved+"&=+$,;?/")
	add(classPassword, unreserved+"&=+$,")
	add(classParam, unreserved+"[]/:&+$")
	add(classURIHead, unreserved+"[]/?:+$")
	add(classHost, alphanum+"-._")
	add(classWord, token+"()<>:\\\"/[]?{}")
	add(classValue, token+"[]:")
	for o := byte('!'); o != 0; o++ {
		t[o] |= classBare
	}
	for _, o := range []byte("\";,<>\x7f") {
		t[o] &^= classBare
	}
	return t
}

func (c class) has(o byte) bool { return classes[o]&c != 0 }

// all reports whether s is non-empty and made of c only.
func (c class) all(s string) bool {
	for i := range len(s) {
		if classes[s[i]]&c == 0 {
			return false
		}
	}
	return s != ""
}

// span returns how many octets at the start of s are of c.
func (c class) span(s string) int {
	for i := range len(s) {
		if classes[s[i]]&c == 0 {
			return i
		}
	}
	return len(s)
}

// allEscaped reports whether s is made of c and of "%" HEXDIG HEXDIG.
func (c class) allEscaped(s string) bool {
	for i := 0; i < len(s); i++ {
		if classes[s[i]]&c != 0 {
			continue
		}
		if s[i] != '%' || i+2 >= len(s) || unhex(s[i+1]) < 0 || unhex(s[i+2]) < 0 {
			return false
		}
		i += 2
	}
	return true
}

// appendEscaped writes s, keeping well-formed escapes and escaping every octet
// outside c.
func (c class) appendEscaped(dst []byte, s string) []byte {
	if c.all(s) {
		return append(dst, s...)
	}
	const hexdig = "0123456789ABCDEF"
	for i := range len(s) {
		o := s[i]
		escape := o == '%' && i+2 < len(s) && unhex(s[i+1]) >= 0 && unhex(s[i+2]) >= 0
		if escape || c.has(o) && o != '%' {
			dst = append(dst, o)
		} else {
			dst = append(dst, '%', hexdig[o>>4], hexdig[o&15])
		}
	}
	return dst
}

// unescape resolves "%" HEXDIG HEXDIG; anything else stays.
func unescape(s string) string {
	i := strings.IndexByte(s, '%')
	if i < 0 {
		return s
	}
	dst := append(make([]byte, 0, len(s)), s[:i]...)
	for ; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) && unhex(s[i+1]) >= 0 && unhex(s[i+2]) >= 0 {
			dst = append(dst, byte(unhex(s[i+1])<<4|unhex(s[i+2]))) //nolint:gosec // two digits
			i += 2
			continue
		}
		dst = append(dst, s[i])
	}
	return string(dst)
}

// normalise resolves the escapes of octets that a URI may hold anywhere, and writes
// the other escapes with capitals (RFC 3261 §19.1.4).
func normalise(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	dst := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '%' || i+2 >= len(s) {
			dst = append(dst, s[i])
			continue
		}
		escape := s[i : i+3]
		if c := unescape(escape); len(c) == 1 && classUnreserved.has(c[0]) {
			dst = append(dst, c[0])
		} else {
			dst = append(dst, strings.ToUpper(escape)...)
		}
		i += 2
	}
	return string(dst)
}

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isSpace(c byte) bool { return c == ' ' || c == '\t' }

func trimLeft(s string) string {
	for s != "" && isSpace(s[0]) {
		s = s[1:]
	}
	return s
}

// trim removes linear white space at both ends.
func trim(s string) string {
	s = trimLeft(s)
	for s != "" && isSpace(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

// cut splits s around the first sep and trims both halves.
func cut(s string, sep byte) (before, after string, found bool) {
	i := strings.IndexByte(s, sep)
	if i < 0 {
		return trim(s), "", false
	}
	return trim(s[:i]), trim(s[i+1:]), true
}

// equalFold compares without regard to ASCII case.
func equalFold(a, b string) bool {
	return len(a) == len(b) && (a == b || strings.EqualFold(a, b))
}

// parseUint reads 1*DIGIT up to limit.
func parseUint(s string, limit uint64) (uint64, bool) {
	if s == "" {
		return 0, false
	}
	var n uint64
	for i := range len(s) {
		if !isDigit(s[i]) {
			return 0, false
		}
		if n = n*10 + uint64(s[i]-'0'); n > limit {
			return 0, false
		}
	}
	return n, true
}
