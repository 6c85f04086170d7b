package msrpwire

import (
	"math"
	"strconv"
)

// Unknown stands for "*" in a Range.
const Unknown = -1

// Range is the value of a Byte-Range field (RFC 4975 §7.1.1). End and Total are
// hints of the sender: they may be wrong, and nothing may be reserved from
// them. The zero Range means that the field is absent.
type Range struct {
	Start int64 // first octet, from 1
	End   int64 // last octet or Unknown; below Start for content of no octets
	Total int64 // octets of the whole message or Unknown
}

// IsZero reports whether the field is absent.
func (r Range) IsZero() bool { return r.Start == 0 }

// First returns Start, and 1 if the field is absent. [MSRP-FRM-20]
func (r Range) First() int64 { return max(r.Start, 1) }

// empty reports whether the range says that there are no octets. [MSRP-FRM-19]
func (r Range) empty() bool { return !r.IsZero() && r.End != Unknown && r.End < r.Start }

// ParseRange parses the value of a Byte-Range field. Numbers have at most 19
// digits and at most the value 2^63-1. End below Start is legal here; whether it
// is depends on the body. [MSRP-FRM-18]
func ParseRange(value []byte) (Range, bool) {
	var r Range
	var ok bool
	if r.Start, value, ok = cutNumber(value, '-'); !ok || r.Start < 1 {
		return Range{}, false
	}
	if r.End, value, ok = cutNumber(value, '/'); !ok {
		return Range{}, false
	}
	if r.Total, value, ok = cutNumber(value, 0); !ok || len(value) != 0 {
		return Range{}, false
	}
	return r, true
}

// cutNumber takes a number or "*" off the front of s, and the octet sep behind
// it unless sep is 0.
func cutNumber(s []byte, sep byte) (n int64, rest []byte, ok bool) {
	i := 0
	if len(s) > 0 && s[0] == '*' {
		n, i = Unknown, 1
	} else {
		for ; i < len(s) && s[i]-'0' <= 9; i++ {
			d := int64(s[i] - '0')
			if i == 19 || n > (math.MaxInt64-d)/10 {
				return 0, s, false
			}
			n = n*10 + d
		}
		if i == 0 {
			return 0, s, false
		}
	}
	if sep == 0 {
		return n, s[i:], true
	}
	if i == len(s) || s[i] != sep {
		return 0, s, false
	}
	return n, s[i+1:], true
}

// Append appends the range as in a Byte-Range field, such as "1-*/5000".
func (r Range) Append(dst []byte) []byte {
	dst = appendNumber(dst, r.Start)
	dst = append(dst, '-')
	dst = appendNumber(dst, r.End)
	dst = append(dst, '/')
	return appendNumber(dst, r.Total)
}

func appendNumber(dst []byte, n int64) []byte {
	if n < 0 {
		return append(dst, '*')
	}
	return strconv.AppendInt(dst, n, 10)
}

func (r Range) valid() bool {
	return r.Start >= 1 && r.End >= Unknown && r.Total >= Unknown
}
