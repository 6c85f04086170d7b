package sipmsg

import "strings"

// unquote reads the quoted-string at the start of s (RFC 3261 §25.1) and returns
// its content and what follows.
func unquote(s string) (content, rest string, ok bool) {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '"':
			return s[1:i], s[i+1:], true
		case '\\':
			return unquoteEscaped(s, i)
		}
	}
	return "", "", false
}

// unquoteEscaped goes on where unquote found the first backslash.
func unquoteEscaped(s string, i int) (content, rest string, ok bool) {
	dst := append(make([]byte, 0, len(s)), s[1:i]...)
	for ; i < len(s); i++ {
		switch s[i] {
		case '"':
			return string(dst), s[i+1:], true
		case '\\':
			if i++; i == len(s) {
				return "", "", false
			}
		}
		dst = append(dst, s[i])
	}
	return "", "", false
}

// skipQuoted returns the index behind the quoted-string that starts at s[i], or
// len(s) if it does not end.
func skipQuoted(s string, i int) int {
	for i++; i < len(s); i++ {
		switch s[i] {
		case '"':
			return i + 1
		case '\\':
			i++
		}
	}
	return len(s)
}

// appendQuoted writes s as quoted-string. CR and LF, which it cannot hold even
// escaped, become spaces.
func appendQuoted(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '\r' || c == '\n':
			dst = append(dst, ' ')
		case c == '"' || c == '\\' || c < ' ' && c != '\t' || c == 0x7f:
			dst = append(dst, '\\', c)
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}

// nextElement cuts the first element off a comma-separated list; commas in
// quoted strings and between angle brackets do not count.
func nextElement(s string) (element, rest string, more bool) {
	if strings.IndexByte(s, ',') < 0 {
		return trim(s), "", false
	}
	angle := false
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			if !angle {
				i = skipQuoted(s, i) - 1
			}
		case '<':
			angle = true
		case '>':
			angle = false
		case ',':
			if !angle {
				return trim(s[:i]), s[i+1:], true
			}
		}
	}
	return trim(s), "", false
}
