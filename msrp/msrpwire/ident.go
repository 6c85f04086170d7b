package msrpwire

// Lengths of an ident in octets: what RFC 4975 §9 allows and we write, and what
// is accepted because deployed stacks write it. [MSRP-FRM-02]
const (
	identMin, identMax       = 4, 32
	identMaxRead             = 64
	endLineHyphens           = "-------"
	crlf                     = "\r\n"
	markerTID                = len(crlf) + len(endLineHyphens) // where the identifier starts in a marker
	markerMax                = markerTID + identMaxRead
	base62                   = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	identPunctuation         = ".-+%="
	wordPunctuation          = "!#$%&'*+-.^_`{|}~"
	unreservedPunct          = "-._~"
	sessionIDPunctuation     = unreservedPunct + "+=/"
	regNamePunctuation       = unreservedPunct + "!$&'()*+,=%"
	userinfoExtraPunctuation = regNamePunctuation + ";:"
)

// Bits of the octet class table.
const (
	classAlnum = 1 << iota
	classIdent
	classToken
	classSession
	classRegName
	classUserinfo
)

// classes says for each octet to which of the alphabets it belongs.
//
//nolint:gochecknoglobals // a constant table
var classes = func() (t [256]uint8) {
	add := func(s string, bit uint8) {
		for i := range len(s) {
			t[s[i]] |= bit
		}
	}
	add(base62, classAlnum|classIdent|classToken|classSession|classRegName|classUserinfo)
	add(identPunctuation, classIdent)
	add(wordPunctuation, classToken)
	add(sessionIDPunctuation, classSession)
	add(regNamePunctuation, classRegName)
	add(userinfoExtraPunctuation, classUserinfo)
	return t
}()

// all reports whether every octet of s belongs to the class.
func all[T ~string | ~[]byte](s T, class uint8) bool {
	for i := range len(s) {
		if classes[s[i]]&class == 0 {
			return false
		}
	}
	return true
}

// identLen returns the length of the ident at the start of s, 0 if there is none
// or one that is too long.
func identLen(s []byte) int {
	if len(s) == 0 || classes[s[0]]&classAlnum == 0 {
		return 0
	}
	n := 1
	for n < len(s) && classes[s[n]]&classIdent != 0 {
		n++
	}
	if n > identMaxRead {
		return 0
	}
	return n
}

// isIdent reports whether s can be a transaction identifier or Message-ID on
// input.
func isIdent(s []byte) bool {
	return len(s) > 0 && identLen(s) == len(s)
}

// isStrictIdent reports whether s is an ident as RFC 4975 §9 has it.
func isStrictIdent(s []byte) bool {
	return len(s) >= identMin && len(s) <= identMax && isIdent(s)
}
