package dialog

import (
	"github.com/confab-chat/confab/sip/transport"
)

// contactAt is the Contact value for the address that a message came in on.
func contactAt(src transport.Source) string {
	return ContactAt("", src.Transport, src.Local.String())
}

// ContactAt writes a Contact value for an address host:port; an empty user leaves the
// user part out. UDP is the default of a sip URI and not written.
func ContactAt(user, network, hostport string) string {
	c := "<sip:"
	if user != "" {
		c += user + "@"
	}
	c += hostport
	if network != "" && network != "udp" {
		c += ";transport=" + network
	}
	return c + ">"
}
