package dialog

import (
	"github.com/confab-chat/confab/sip/transport"
)

// ContactOf is the Contact value for the address that a message came in on. It is
// a sips URI where the peer asked for that (RFC 3261 §12.1.1). [COM-14]
func ContactOf(src transport.Source) string {
	scheme := "sip"
	if src.SIPS {
		scheme = "sips"
	}
	return ContactAt(scheme, "", src.Transport, src.Local.String())
}

// ContactAt writes a Contact value for an address host:port; an empty user leaves the
// user part out. UDP is the default of a sip URI and TLS of a sips URI, so neither is
// written; there is no name for secure WebSocket but that of WebSocket (RFC 7118 §5.1).
func ContactAt(scheme, user, network, hostport string) string {
	c := "<" + scheme + ":"
	if user != "" {
		c += user + "@"
	}
	c += hostport
	if p := transport.Param(scheme, network); p != "" {
		c += ";transport=" + p
	}
	return c + ">"
}
