package msrp

import "unicode/utf8"

// utf8Check checks text that comes in pieces.
type utf8Check struct {
	skip bool
	tail []byte // the beginning of a character
}

// take reports whether what came so far may be the beginning of valid UTF-8.
func (u *utf8Check) take(p []byte) bool {
	if u.skip {
		return true
	}
	for len(u.tail) > 0 && len(p) > 0 && !utf8.FullRune(u.tail) {
		u.tail, p = append(u.tail, p[0]), p[1:]
	}
	if utf8.FullRune(u.tail) && len(u.tail) > 0 {
		if !utf8.Valid(u.tail) {
			return false
		}
		u.tail = u.tail[:0]
	}
	if len(p) == 0 {
		return true
	}
	cut := len(p)
	for i := 1; i <= min(utf8.UTFMax-1, len(p)); i++ {
		if at := len(p) - i; utf8.RuneStart(p[at]) {
			if !utf8.FullRune(p[at:]) {
				cut = at
			}
			break
		}
	}
	u.tail = append(u.tail, p[cut:]...)
	return utf8.Valid(p[:cut])
}

func (u *utf8Check) whole() bool { return len(u.tail) == 0 }
