package wsframe

import (
	"encoding/binary"
	"errors"
)

// Opcode says what a frame is for (RFC 6455 §5.2).
type Opcode byte

// The opcodes that are defined.
const (
	Continuation Opcode = 0
	Text         Opcode = 1
	Binary       Opcode = 2
	Close        Opcode = 8
	Ping         Opcode = 9
	Pong         Opcode = 10
)

// Control reports whether frames of the opcode are control frames.
func (o Opcode) Control() bool { return o >= Close }

// MaxHeader is the size of the longest header, maskSize of the mask in it, and
// maxControl of the longest payload of a control frame, in octets.
const (
	MaxHeader  = 14
	maskSize   = 4
	maxControl = 125
)

// Bits of the first two octets.
const (
	final    = 0x80
	reserved = 0x70
	opcode   = 0x0f
	masked   = 0x80
	length7  = 0x7f
)

// Header is what stands before the payload of a frame.
type Header struct {
	Final  bool // the last frame of a message
	Opcode Opcode
	Masked bool
	Mask   [maskSize]byte
	Length int // of the payload, in octets
}

// ErrIncomplete says that a header has not come as a whole yet.
var ErrIncomplete = errors.New("wsframe: incomplete")

// Parse reads the header, n octets long, at the start of what has come to a side
// of a WebSocket: the frames of clients are masked, those of servers are not. A
// payload over limit octets is an error. Other errors than ErrIncomplete are of
// type *Error.
func (r Role) Parse(b []byte, limit int) (h Header, n int, err error) {
	if len(b) < 2 {
		return h, 0, ErrIncomplete
	}
	h.Final, h.Opcode = b[0]&final != 0, Opcode(b[0]&opcode)
	h.Masked = b[1]&masked != 0
	if err = h.check(b, r == Server); err != nil {
		return h, 0, err
	}
	size, n, err := payload(b)
	if err != nil {
		return h, 0, err
	}
	if size > uint64(limit) {
		return h, 0, &Error{Code: TooBig, Problem: "frame too large"}
	}
	h.Length = int(size) //nolint:gosec // G115: no more than limit
	if !h.Masked {
		return h, n, nil
	}
	if len(b) < n+len(h.Mask) {
		return h, 0, ErrIncomplete
	}
	copy(h.Mask[:], b[n:])
	return h, n + len(h.Mask), nil
}

// check refuses what the first two octets must not say.
func (h *Header) check(b []byte, fromClient bool) error {
	switch {
	case b[0]&reserved != 0:
		return &Error{Code: ProtocolError, Problem: "reserved bits of no extension"} // RFC 6455 §5.2
	case h.Opcode > Pong, h.Opcode > Binary && h.Opcode < Close:
		return &Error{Code: ProtocolError, Problem: "unknown opcode"}
	case h.Opcode.Control() && (!h.Final || b[1]&length7 > maxControl):
		return &Error{Code: ProtocolError, Problem: "control frame long or fragmented"} // RFC 6455 §5.5
	case h.Masked != fromClient:
		return &Error{Code: ProtocolError, Problem: "masked by the wrong side"} // RFC 6455 §5.1
	}
	return nil
}

// payload reads the length of the payload and where the header goes on.
func payload(b []byte) (size uint64, n int, err error) {
	var least uint64
	switch size = uint64(b[1] & length7); {
	case size < 126:
		return size, 2, nil
	case size == 126:
		if len(b) < 4 {
			return 0, 0, ErrIncomplete
		}
		size, n, least = uint64(binary.BigEndian.Uint16(b[2:])), 4, 126
	default:
		if len(b) < 10 {
			return 0, 0, ErrIncomplete
		}
		size, n, least = binary.BigEndian.Uint64(b[2:]), 10, 1<<16
	}
	if size < least || size > 1<<63-1 {
		// RFC 6455 §5.2: the shortest form, and the top bit is zero.
		return 0, 0, &Error{Code: ProtocolError, Problem: "length not in its shortest form"}
	}
	return size, n, nil
}

// Append writes the header.
func (h Header) Append(dst []byte) []byte {
	first, second := byte(h.Opcode), byte(0)
	if h.Final {
		first |= final
	}
	if h.Masked {
		second = masked
	}
	switch {
	case h.Length < 126:
		dst = append(dst, first, second|byte(h.Length)) //nolint:gosec // G115: 7 bits
	case h.Length < 1<<16:
		dst = binary.BigEndian.AppendUint16(append(dst, first, second|126), uint16(h.Length))
	default:
		dst = binary.BigEndian.AppendUint64(append(dst, first, second|127), uint64(h.Length))
	}
	if h.Masked {
		dst = append(dst, h.Mask[:]...)
	}
	return dst
}

// XOR puts a mask on a payload, or takes it off (RFC 6455 §5.3).
func XOR(b []byte, mask [4]byte) {
	key := uint64(binary.LittleEndian.Uint32(mask[:]))
	key |= key << 32
	for len(b) >= 8 {
		binary.LittleEndian.PutUint64(b, binary.LittleEndian.Uint64(b)^key)
		b = b[8:]
	}
	for i := range b {
		b[i] ^= mask[i&3]
	}
}

// Rotate is the mask for what follows the first n octets of a payload.
func Rotate(mask [4]byte, n int) (r [4]byte) {
	for i := range r {
		r[i] = mask[(i+n)&3]
	}
	return r
}
