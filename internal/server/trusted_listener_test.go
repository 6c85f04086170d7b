package server

import (
	"testing"

	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// TestTrustedListener: what comes in where only trusted peers do is believed,
// and nothing else.
func TestTrustedListener(t *testing.T) {
	conform.Covers(t, "IDN-01")
	r := serve(t, func(c *config.Config) {
		trusted := config.Listener{Network: "tcp", Address: "127.0.0.1:0"}
		c.Auth.Local, c.Auth.Users = false, []config.User{{AOR: "sip:dave@example.test", Password: "x"}}
		c.SIP.Listen = []config.Listener{{Network: "udp", Address: "127.0.0.1:0"}, trusted}
		c.SIP.Trust = []config.Peer{{Listener: trusted}}
	})
	const asserted = "P-Asserted-Identity: <sip:alice@example.test>"
	stranger := r.guest("udp", "alice")
	stranger.refused(lobby, 401, asserted)
	alice := r.guest("tcp", "alice").join(lobby, asserted)
	stranger.Send(stranger.other(sipmsg.OPTIONS, lobby, asserted))
	stranger.Expect(401, sipmsg.OPTIONS)
	alice.leave()
	r.vacant()
}
