package wsframe

import (
	"crypto/sha1" //nolint:gosec // G505: RFC 6455 §4.2.2 says SHA-1; nothing depends on its strength
	"encoding/base64"
)

// AcceptKey is the Sec-WebSocket-Accept that answers a Sec-WebSocket-Key (RFC
// 6455 §4.2.2).
func AcceptKey(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) //nolint:gosec // G401: see above
	return base64.StdEncoding.EncodeToString(sum[:])
}

// ValidKey reports whether a Sec-WebSocket-Key is 16 octets in base64 (RFC 6455
// §4.1).
func ValidKey(key string) bool {
	b, err := base64.StdEncoding.DecodeString(key)
	return err == nil && len(b) == 16
}
