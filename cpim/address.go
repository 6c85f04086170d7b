package cpim

import "bytes"

// Address is the value of a From, To or cc header (RFC 3862 §4.1): a formal name
// and a URI. Both are views. The formal name is chosen by the sender and proves
// nothing.
type Address struct {
	Formal []byte // as written, with quotes and escapes; may be empty
	URI    []byte // nil if the value is malformed
}

// Valid reports whether the value was an address.
func (a Address) Valid() bool { return a.URI != nil }

// Name returns the formal name without quotes and escapes.
func (a Address) Name() string {
	s := a.Formal
	if n := len(s); n >= 2 && s[0] == '"' && s[n-1] == '"' {
		s = s[1 : n-1]
	}
	return Unescape(s)
}

// parseAddress reads an address. There must be exactly one "<", one ">" behind
// it and nothing but blanks after that: readers differ on which bracket counts,
// and the URI that is shown must be the URI that is checked. A bracket behind a
// backslash is a bracket; RFC 3862 §2.3 has no such escape. [SW-PUB-21]
// [CPIM-05]
func parseAddress(h *Header) Address {
	v := h.Value
	open := bytes.IndexByte(v, '<')
	end := bytes.IndexByte(v, '>')
	if open < 0 || end != len(v)-1 || bytes.IndexByte(v[open+1:], '<') >= 0 ||
		bytes.ContainsAny(h.Params, "<>") {
		return Address{}
	}
	uri := v[open+1 : end : end]
	if !isAbsoluteURI(uri) {
		return Address{}
	}
	return Address{Formal: trimBlanks(v[:open:open]), URI: uri}
}

// isAbsoluteURI reports whether s is a scheme, ":" and more, without octets that
// no URI holds. A backslash is one of them: an escape in a URI would be read by
// some and not by others.
func isAbsoluteURI(s []byte) bool {
	colon := bytes.IndexByte(s, ':')
	if colon <= 0 || colon == len(s)-1 || !isLetter(s[0]) {
		return false
	}
	for _, c := range s[:colon] {
		if !isLetter(c) && (c < '0' || c > '9') && c != '+' && c != '-' && c != '.' {
			return false
		}
	}
	return !bytes.ContainsAny(s, " \"\\<>")
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// trimBlanks cuts blanks and line ends off both ends. Unlike bytes.Trim it never
// returns nil for a value that is there.
func trimBlanks(s []byte) []byte {
	for len(s) > 0 && isBlank(s[0]) {
		s = s[1:]
	}
	for len(s) > 0 && isBlank(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }
