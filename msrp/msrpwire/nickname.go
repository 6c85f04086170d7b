package msrpwire

import "unicode/utf8"

// nicknameMax is the longest nickname in octets, unescaped (RFC 7701 §10.4).
const nicknameMax = 1023

// ParseNickname reads the value of a Use-Nickname field: a quoted string with
// the escapes \\ and \", or, unless strict, the name as it stands without
// quotes. "" asks to remove the nickname. The error is an *Error with status
// 424. Whether the name is acceptable as a nickname is another question.
// [SW-NCK-03] [SW-NCK-07] [SW-NCK-11]
func ParseNickname(value []byte, strict bool) (string, error) {
	name := make([]byte, 0, len(value))
	switch {
	case len(value) > 0 && value[0] == '"':
		var closed bool
		if name, closed = unquoteNickname(name, value[1:]); !closed {
			return "", malformedNickname()
		}
	case strict:
		return "", malformedNickname()
	default:
		name = append(name, value...)
	}
	if len(name) > nicknameMax || !utf8.Valid(name) || hasControl(name) {
		return "", malformedNickname()
	}
	return string(name), nil
}

// unquoteNickname reports whether the closing quote is the last octet.
func unquoteNickname(dst, s []byte) ([]byte, bool) {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			return dst, i == len(s)-1
		case '\\':
			if i++; i == len(s) || s[i] != '\\' && s[i] != '"' {
				return dst, false
			}
		}
		dst = append(dst, s[i])
	}
	return dst, false
}

// AppendNickname appends name as a Use-Nickname value. A name that is too long,
// not UTF-8 or holds a control character is refused with an error that wraps
// ErrUnwritable.
func AppendNickname(dst []byte, name string) ([]byte, error) {
	if len(name) > nicknameMax || !utf8.ValidString(name) || hasControl(name) {
		return dst, unwritable("nickname")
	}
	dst = append(dst, '"')
	for i := range len(name) {
		if name[i] == '"' || name[i] == '\\' {
			dst = append(dst, '\\')
		}
		dst = append(dst, name[i])
	}
	return append(dst, '"'), nil
}

func malformedNickname() *Error {
	return &Error{Status: StatusNicknameMalformed, Comment: StatusComment(StatusNicknameMalformed)}
}
