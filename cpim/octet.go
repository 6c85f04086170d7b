package cpim

// Classes of octets.
const (
	className = 1 << iota // of a CPIM header name or prefix, which has no "." (RFC 3862 §3.6)
	classMIME             // of a MIME field name or type
	classWord             // of a formal name that needs no quotes
)

// classes says for each octet to which classes it belongs.
//
//nolint:gochecknoglobals // a constant table
var classes = func() (t [256]uint8) {
	const alnum = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	add := func(s string, class uint8) {
		for i := range len(s) {
			t[s[i]] |= class
		}
	}
	add(alnum, className|classMIME|classWord)
	add("!#$%&'*+-^_`|~", className|classMIME|classWord)
	add(".", classMIME|classWord)
	add("{}", classMIME)
	for c := 0x80; c < 0x100; c++ {
		t[c] |= classWord
	}
	return t
}()

func allIn[T ~string | ~[]byte](s T, class uint8) bool {
	for i := range len(s) {
		if classes[s[i]]&class == 0 {
			return false
		}
	}
	return true
}

// isMIMEName reports whether the name of a line in the first block is one that
// describes content.
func isMIMEName(line []byte) bool {
	return len(line) > 8 && equalFold(line[:8], "content-") || len(line) > 5 && equalFold(line[:5], "mime-")
}
