package sipmsg

import (
	"strconv"
	"strings"
)

// CSeq orders the requests of a dialog (RFC 3261 §20.16).
type CSeq struct {
	Seq    uint32 // at most 2^31-1
	Method Method
}

// String returns the value of the header field.
func (c CSeq) String() string {
	return strconv.FormatUint(uint64(c.Seq), 10) + " " + string(c.Method)
}

// parseCSeq reads 1*DIGIT LWS Method.
func parseCSeq(s string) (CSeq, error) {
	i := strings.IndexAny(s, " \t")
	if i < 0 {
		return CSeq{}, malformed("CSeq", "malformed")
	}
	// RFC 3261 §8.1.1.5: the number is less than 2^31. [COM-01]
	n, ok := parseUint(s[:i], 1<<31-1)
	if !ok {
		return CSeq{}, malformed("CSeq", "number is not below 2^31")
	}
	method := trim(s[i:])
	if !classToken.all(method) {
		return CSeq{}, malformed("CSeq", "malformed method")
	}
	if m := knownMethod(method); m != "" {
		method = string(m)
	}
	return CSeq{Seq: uint32(n), Method: Method(method)}, nil //nolint:gosec // below 2^31
}
