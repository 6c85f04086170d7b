package sdp

import "strings"

// Proto is the transport word of an m=message line.
type Proto string

// The words of RFC 4975 §15.6, and two that are unregistered but written by
// WebSocket clients; these are mirrored, never offered. [SDP-28]
const (
	ProtoTCP Proto = "TCP/MSRP"
	ProtoTLS Proto = "TCP/TLS/MSRP"
	ProtoWSS Proto = "TCP/WSS/MSRP"
	ProtoWS  Proto = "TCP/WS/MSRP"
)

// Secure reports whether the word asks for TLS, hence for msrps URIs.
func (p Proto) Secure() bool { return p == ProtoTLS || p == ProtoWSS }

func parseProto(s string) (Proto, bool) {
	for _, p := range [...]Proto{ProtoTCP, ProtoTLS, ProtoWSS, ProtoWS} {
		if strings.EqualFold(s, string(p)) {
			return p, true
		}
	}
	return "", false
}
