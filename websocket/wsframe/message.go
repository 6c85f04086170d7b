package wsframe

import (
	"crypto/rand"
	"slices"
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

// Reserve leaves room for the header of a frame whose payload is appended next,
// before Seal. It saves the copy that Append makes.
func (r Role) Reserve(dst []byte) []byte {
	var room [usualHeader + maskSize]byte
	return append(dst, room[:r.reserved()]...)
}

// usualHeader is the size of a header, without mask, for a payload of 126 to 65,535
// octets.
const usualHeader = 4

// reserved is how many octets Reserve leaves.
func (r Role) reserved() int {
	if r == Client {
		return usualHeader + maskSize
	}
	return usualHeader
}

// Seal makes one frame of what stands in b from octet at on: the room that Reserve
// has left there, and the payload behind it. The payload is moved if its header is
// longer or shorter than that room.
func (r Role) Seal(b []byte, at int, op Opcode) []byte {
	payload := b[at+r.reserved():]
	h := Header{Final: true, Opcode: op, Masked: r == Client, Length: len(payload)}
	if h.Masked {
		_, _ = rand.Read(h.Mask[:]) // it never fails
		XOR(payload, h.Mask)
	}
	var buf [MaxHeader]byte
	head := h.Append(buf[:0])
	if len(head) != r.reserved() {
		return slices.Replace(b, at, at+r.reserved(), head...)
	}
	copy(b[at:], head)
	return b
}

// Payload is what a frame that Seal is to make at the beginning of b will carry.
func (r Role) Payload(b []byte) []byte { return b[r.reserved():] }

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
