package digest

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"time"
)

const (
	nonceHead = 8 + 12 // time of issue, and what no two nonces share
	nonceSize = nonceHead + 16
)

// mint makes nonces that prove themselves: the time of issue, random octets, and a
// MAC over both, so that a challenge leaves nothing behind. [IDN-12]
type mint struct{ key []byte }

func newMint() mint {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // it never fails: see crypto/rand
	return mint{key}
}

func (m mint) issue(now time.Time) string {
	b := make([]byte, nonceHead, nonceSize)
	binary.BigEndian.PutUint64(b, uint64(now.UnixNano()))
	_, _ = rand.Read(b[8:]) // [SEC-06]
	return base64.RawURLEncoding.EncodeToString(append(b, m.mac(b)...))
}

// issued tells when a nonce was made, if it was made here.
func (m mint) issued(nonce string) (time.Time, bool) {
	if base64.RawURLEncoding.DecodedLen(len(nonce)) != nonceSize {
		return time.Time{}, false
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(nonce)
	if err != nil || !hmac.Equal(b[nonceHead:], m.mac(b[:nonceHead])) {
		return time.Time{}, false
	}
	return time.Unix(0, int64(binary.BigEndian.Uint64(b))), true //nolint:gosec // written by issue
}

func (m mint) mac(head []byte) []byte {
	mac := hmac.New(sha256.New, m.key)
	mac.Write(head)
	return mac.Sum(nil)[:nonceSize-nonceHead]
}
