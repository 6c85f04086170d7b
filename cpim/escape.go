package cpim

import (
	"bytes"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// Unescape decodes the escapes of a header value (RFC 3862 §2.3). An escape that
// is none stands for the character behind the backslash, a backslash at the end
// for nothing. The result may hold control characters. [CPIM-09]
func Unescape(s []byte) string {
	i := bytes.IndexByte(s, '\\')
	if i < 0 {
		return string(s)
	}
	out := append(make([]byte, 0, len(s)), s[:i]...)
	for ; i < len(s); i++ {
		if s[i] != '\\' {
			out = append(out, s[i])
			continue
		}
		if i++; i == len(s) {
			break
		}
		switch s[i] {
		case 'b':
			out = append(out, '\b')
		case 't':
			out = append(out, '\t')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 'u':
			r, n := unescapeUnit(s[i+1:])
			out = utf8.AppendRune(out, r)
			i += n
		default:
			out = append(out, s[i])
		}
	}
	return string(out)
}

// unescapeUnit decodes what follows "\u": four hexadecimal digits of a UCS-2
// unit, and the escape of a second one if they make a pair. Without the digits
// it is an "u".
func unescapeUnit(s []byte) (r rune, n int) {
	high, ok := hexUnit(s)
	if !ok {
		return 'u', 0
	}
	if utf16.IsSurrogate(high) && len(s) >= 10 && s[4] == '\\' && s[5] == 'u' {
		if low, ok := hexUnit(s[6:]); ok {
			if r := utf16.DecodeRune(high, low); r != utf8.RuneError {
				return r, 10
			}
		}
	}
	return high, 4 // AppendRune makes U+FFFD of half a pair
}

func hexUnit(s []byte) (rune, bool) {
	if len(s) < 4 || s[0] == '+' || s[0] == '-' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(s[:4]), 16, 16)
	return rune(n), err == nil
}

// appendEscaped appends s as a header value or, with quoted, as the inside of a
// quoted string. Exactly what RFC 3862 §2.3.1 says is escaped. Characters that
// are no controls there but are refused on input become blanks. [CPIM-09]
// [CPIM-12]
func appendEscaped(dst []byte, s string, quoted bool) []byte {
	const hex = "0123456789abcdef"
	for _, r := range s {
		switch {
		case r == '\\', r == '"' && quoted:
			dst = append(dst, '\\', byte(r))
		case r == '\b':
			dst = append(dst, `\b`...)
		case r == '\t':
			dst = append(dst, `\t`...)
		case r == '\n':
			dst = append(dst, `\n`...)
		case r == '\r':
			dst = append(dst, `\r`...)
		case r < 0x20, r == 0x7F:
			dst = append(dst, '\\', 'u', '0', '0', hex[r>>4], hex[r&15])
		case isControl(r):
			dst = append(dst, ' ')
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return dst
}

// isControl reports whether r may not stand in a header block. [CPIM-12]
func isControl(r rune) bool {
	return r < 0x20 || r >= 0x7F && r <= 0x9F || r == 0x2028 || r == 0x2029
}
