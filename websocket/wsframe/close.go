package wsframe

import (
	"encoding/binary"
	"fmt"
	"unicode/utf8"
)

// Codes of closing (RFC 6455 §7.4.1).
const (
	Normal        uint16 = 1000
	GoingAway     uint16 = 1001
	ProtocolError uint16 = 1002
	NoStatus      uint16 = 1005 // never sent: the frame had none
	InvalidData   uint16 = 1007
	Policy        uint16 = 1008
	TooBig        uint16 = 1009
)

// Error says how a peer broke the protocol, and the code to close with.
type Error struct {
	Code    uint16
	Problem string
}

// Error implements error.
func (e *Error) Error() string { return fmt.Sprintf("wsframe: %s (%d)", e.Problem, e.Code) }

// ParseClose reads the payload of a Close frame. The code is NoStatus where there
// is none.
func ParseClose(payload []byte) (code uint16, reason string, err error) {
	if len(payload) == 0 {
		return NoStatus, "", nil
	}
	if len(payload) < 2 {
		return 0, "", &Error{Code: ProtocolError, Problem: "half a close code"}
	}
	code = binary.BigEndian.Uint16(payload)
	if !sendable(code) {
		return 0, "", &Error{Code: ProtocolError, Problem: "close code that is never sent"}
	}
	if !utf8.Valid(payload[2:]) {
		return 0, "", &Error{Code: InvalidData, Problem: "close reason that is no UTF-8"}
	}
	return code, string(payload[2:]), nil
}

// sendable reports whether a code may stand in a frame (RFC 6455 §7.4).
func sendable(code uint16) bool {
	switch {
	case code < Normal, code == 1004, code == NoStatus, code == 1006, code >= 5000:
		return false
	case code > 1014 && code < 3000:
		return false
	}
	return true
}

// ClosePayload is the payload of a Close frame with a code, empty for NoStatus.
func ClosePayload(code uint16) []byte {
	if code == NoStatus {
		return nil
	}
	return binary.BigEndian.AppendUint16(nil, code)
}
