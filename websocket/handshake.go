package websocket

import (
	"crypto/sha1" //nolint:gosec // G505: RFC 6455 §4.2.2 says SHA-1; nothing depends on its strength
	"encoding/base64"
	"net/http"
	"strings"
)

// version is that of the protocol, and keySize what a key has before it is
// written in base64, in octets (RFC 6455 §4.1).
const (
	version = "13"
	keySize = 16
)

// AcceptKey is the Sec-WebSocket-Accept that answers a Sec-WebSocket-Key (RFC
// 6455 §4.2.2).
func AcceptKey(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) //nolint:gosec // G401: see above
	return base64.StdEncoding.EncodeToString(sum[:])
}

// validKey reports whether a Sec-WebSocket-Key is 16 octets in base64 (RFC 6455
// §4.1).
func validKey(key string) bool {
	b, err := base64.StdEncoding.DecodeString(key)
	return err == nil && len(b) == keySize
}

// asksFor reports whether header fields speak of a change to WebSocket.
func asksFor(h http.Header) bool {
	return hasToken(h, "Connection", "upgrade") && hasToken(h, "Upgrade", "websocket")
}

// hasToken reports whether a list header has a token, in whatever case.
func hasToken(h http.Header, name, token string) bool {
	for _, line := range h.Values(name) {
		for word := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(word), token) {
				return true
			}
		}
	}
	return false
}
