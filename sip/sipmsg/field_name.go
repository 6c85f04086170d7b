package sipmsg

import "strings"

// trait is what the parser has to know about a header field by its name.
type trait uint8

const (
	single trait = 1 << iota // at most one field and one value in a message
	list                     // values are separated by commas (RFC 3261 §7.3.1)
)

// canonicalName returns the name of a header field in its usual spelling, compact
// forms expanded (RFC 3261 §7.3.3), and its traits. Unknown names get the
// capitals of MIME.
func canonicalName(name string) (string, trait) {
	if n, t := knownName(name); n != "" {
		return n, t
	}
	var buf [40]byte
	if len(name) > len(buf) {
		return capitals(name), 0
	}
	lower := buf[:len(name)]
	for i := range lower {
		c := name[i]
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		lower[i] = c
	}
	if long := longForm(lower); long != "" {
		return knownName(long)
	}
	return capitals(name), 0
}

// capitals writes the first letter of each hyphenated part as capital.
func capitals(name string) string {
	up := true
	for i := range len(name) {
		c := name[i]
		if up && c >= 'a' && c <= 'z' || !up && c >= 'A' && c <= 'Z' {
			return recapitalise(name)
		}
		up = c == '-'
	}
	return name
}

func recapitalise(name string) string {
	b := []byte(strings.ToLower(name))
	up := true
	for i, c := range b {
		if up && c >= 'a' && c <= 'z' {
			b[i] = c - 0x20
		}
		up = c == '-'
	}
	return string(b)
}
