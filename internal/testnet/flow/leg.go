package flow

import (
	"fmt"
	"net"
	"strings"

	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip/sipid"
)

// speaks reports whether a cue is about MSRP.
func speaks(verb string) bool {
	return verb == "binds" || verb == "awaits" || verb == "says" || verb == "hears"
}

// listen opens a port for the session that the subject connects, and returns it.
func (a *actor) listen() (port string) {
	a.tb.Helper()
	conn := testnet.Listen(a.tb)
	a.leg = testnet.MSRPOn(a.tb, conn, "", "")
	_, port, _ = net.SplitHostPort(conn.LocalAddr().String())
	return port
}

// await takes the first SEND of the subject, which ties the connection to the session
// (RFC 4975 §5.4).
func (a *actor) await(own, remote string) error {
	a.tb.Helper()
	a.leg.Own, a.leg.Remote = own, remote
	if m := a.leg.Receive(); m.To != own || m.From != remote || len(m.Body) > 0 {
		return fmt.Errorf("%s gets from %s to %s\n%s", a.name, m.From, m.To, m.Body)
	}
	return nil
}

// speak does what a cue says about MSRP.
func (a *actor) speak(verb, rest string) error {
	a.tb.Helper()
	if a.leg == nil && verb != "binds" {
		return fmt.Errorf("%s has bound no session", a.name)
	}
	switch verb {
	case "binds":
		own, remote, _ := strings.Cut(rest, " to ")
		a.leg = testnet.DialMSRP(a.tb, own, remote)
		a.leg.Bind()
	case "awaits":
		remote, own, _ := strings.Cut(rest, " at ")
		return a.await(own, remote)
	case "says":
		text, between, _ := strings.Cut(rest, " as ")
		from, to, _ := strings.Cut(between, " to ")
		wrapped := testnet.Lines("From: <"+from+">", "To: <"+to+">", "", "Content-Type: text/plain", "") + text
		a.leg.Expect(a.leg.Send(sipid.NewTag(), "message/cpim", wrapped), 200)
	case "hears":
		if m := a.leg.Receive(); !strings.HasSuffix(string(m.Body), "\r\n\r\n"+rest) {
			return fmt.Errorf("%s hears\n%s", a.name, m.Body)
		}
	}
	return nil
}
