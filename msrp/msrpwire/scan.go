package msrpwire

import (
	"encoding/binary"
	"math/bits"
)

// Results of scanLine other than an offset.
const (
	lineIncomplete = -1
	lineTooLong    = -2
)

// indexControl returns the offset of the first control octet (below 0x20, or
// 0x7F) of b at or behind i, len(b) if there is none. It looks at eight octets
// at a time.
func indexControl(b []byte, i int) int {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	for ; i+8 <= len(b); i += 8 {
		x := binary.LittleEndian.Uint64(b[i:])
		y := x ^ ones*0x7F
		// A borrow can only spoil octets above the first hit.
		if hit := ((x-ones*0x20)&^x | (y-ones)&^y) & highs; hit != 0 {
			return i + bits.TrailingZeros64(hit)/8
		}
	}
	for ; i < len(b); i++ {
		if b[i] < 0x20 || b[i] == 0x7F {
			return i
		}
	}
	return len(b)
}

// scanLine returns the offset of the CRLF that ends the line starting at from,
// or lineIncomplete, or lineTooLong if it is not among the first limit+2
// octets. clean is false if the line holds a control character other than HTAB.
//
// RFC 4975 §9: only CRLF ends a line. [MSRP-FRM-26]
func scanLine(b []byte, from, limit int) (end int, clean bool) {
	clean = true
	for i := from; ; i++ {
		i = indexControl(b, i)
		switch {
		case i-from > limit:
			return lineTooLong, clean
		case i >= len(b):
			return lineIncomplete, clean
		case b[i] == '\r' && i+1 == len(b):
			return lineIncomplete, clean
		case b[i] == '\r' && b[i+1] == '\n':
			return i, clean
		case b[i] != '\t':
			clean = false
		}
	}
}

// hasControl reports whether s holds a control character other than HTAB.
func hasControl[T ~string | ~[]byte](s T) bool {
	for i := range len(s) {
		if c := s[i]; c < 0x20 && c != '\t' || c == 0x7F {
			return true
		}
	}
	return false
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

// trimBlanks cuts SP and HTAB off both ends.
func trimBlanks(s []byte) []byte {
	for len(s) > 0 && isBlank(s[0]) {
		s = s[1:]
	}
	for len(s) > 0 && isBlank(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

// equalFold compares with an ASCII-only case mapping; lower must be lower case.
func equalFold[T ~string | ~[]byte](s T, lower string) bool {
	if len(s) != len(lower) {
		return false
	}
	for i := range len(s) {
		if lowerASCII(s[i]) != lower[i] {
			return false
		}
	}
	return true
}

func lowerASCII(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + ('a' - 'A')
	}
	return c
}
