package wsframe

import (
	"crypto/rand"
	"unicode/utf8"
)

// Role is a side of a WebSocket.
type Role bool

// The sides. RFC 6455 §5.1: a client masks what it sends, a server does not.
const (
	Server Role = false
	Client Role = true
)

// KindOf is the opcode for a message: Text where it is valid UTF-8, which is what
// browsers want, else Binary.
func KindOf(message []byte) Opcode {
	if utf8.Valid(message) {
		return Text
	}
	return Binary
}

// Append writes a whole message, or a control frame, as one frame of this side, a
// client's under a mask that nobody can foresee (RFC 6455 §5.3). A control payload
// longer than 125 octets is cut.
func (r Role) Append(dst []byte, op Opcode, payload []byte) []byte {
	if r == Server {
		return AppendFrame(dst, op, payload, nil)
	}
	var mask [4]byte
	_, _ = rand.Read(mask[:]) // it never fails
	return AppendFrame(dst, op, payload, &mask)
}

// AppendFrame is Append with a mask that is given, or none.
func AppendFrame(dst []byte, op Opcode, payload []byte, mask *[4]byte) []byte {
	if op.Control() && len(payload) > maxControl {
		payload = payload[:maxControl]
	}
	h := Header{Final: true, Opcode: op, Length: len(payload)}
	if mask != nil {
		h.Masked, h.Mask = true, *mask
	}
	dst = append(h.Append(dst), payload...)
	if mask != nil {
		XOR(dst[len(dst)-len(payload):], *mask)
	}
	return dst
}
