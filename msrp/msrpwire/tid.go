package msrpwire

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
)

const (
	tidPrefix  = 11 // base62 octets: 65 bits
	tidCounter = 11 // digits of 2^64 in base62
	tidMax     = tidPrefix + tidCounter
)

// TIDs makes the transaction identifiers of one connection: a random prefix of
// 11 base62 octets, drawn once, and a counter in base62. The prefix of one
// connection must never be shown on another, so every connection has its own
// TIDs. The zero value is not usable. [MSRP-FRM-02]
type TIDs struct {
	count uint64
	id    [tidMax]byte // prefix and digits of count, without leading zeros
	len   int
}

// NewTIDs draws a prefix.
func NewTIDs() TIDs {
	t := TIDs{len: tidPrefix}
	appendRandom(t.id[:0], tidPrefix)
	return t
}

// Append appends the next identifier and returns its counter, which starts with
// 1. 2^64 identifiers are more than a connection can use up.
func (t *TIDs) Append(dst []byte) ([]byte, uint64) {
	t.count++
	i := t.len - 1
	for ; i >= tidPrefix; i-- {
		if t.id[i] != base62[len(base62)-1] {
			t.id[i] = nextDigit(t.id[i])
			break
		}
		t.id[i] = base62[0]
	}
	if i < tidPrefix {
		copy(t.id[tidPrefix:], "1")
		for j := tidPrefix + 1; j <= t.len; j++ {
			t.id[j] = base62[0]
		}
		t.len++
	}
	return append(dst, t.id[:t.len]...), t.count
}

func nextDigit(c byte) byte {
	switch c {
	case '9':
		return 'A'
	case 'Z':
		return 'a'
	default:
		return c + 1
	}
}

// Counter returns the counter of an identifier made by t, for finding the open
// transaction a response belongs to. ok is false for any other octets.
func (t *TIDs) Counter(tid []byte) (count uint64, ok bool) {
	if len(tid) <= tidPrefix || len(tid) > t.len || !bytes.Equal(tid[:tidPrefix], t.id[:tidPrefix]) {
		return 0, false
	}
	digits := tid[tidPrefix:]
	if digits[0] == base62[0] {
		return 0, false
	}
	for _, c := range digits {
		d := digitValue(c)
		if d < 0 {
			return 0, false
		}
		count = count*62 + uint64(d)
	}
	return count, count <= t.count
}

func digitValue(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'A' && c <= 'Z':
		return int(c-'A') + 10
	case c >= 'a' && c <= 'z':
		return int(c-'a') + 36
	default:
		return -1
	}
}

// messageIDLen octets of base62 are 95 bits.
const messageIDLen = 16

// AppendMessageID appends a new Message-ID of 16 random base62 octets.
// [MSRP-FRM-02]
func AppendMessageID(dst []byte) []byte { return appendRandom(dst, messageIDLen) }

// NewSessionID returns a new session-id: 128 bits of the system's generator as
// 22 base64url octets. [MSRP-URI-04] [MSRP-URI-05]
func NewSessionID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// appendRandom appends n random base62 octets, each equally likely.
func appendRandom(dst []byte, n int) []byte {
	var pool [24]byte
	for n > 0 {
		_, _ = rand.Read(pool[:]) // never fails
		for _, c := range pool {
			if n > 0 && c < 4*byte(len(base62)) {
				dst = append(dst, base62[c%byte(len(base62))])
				n--
			}
		}
	}
	return dst
}
