package flow

import (
	"fmt"
	"strings"

	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip/sipid"
)

// speaks reports whether a cue is about MSRP.
func speaks(verb string) bool { return verb == "binds" || verb == "says" || verb == "hears" }

// speak does what a cue says about MSRP.
func (a *actor) speak(verb, rest string) error {
	a.tb.Helper()
	if a.leg == nil && verb != "binds" {
		return fmt.Errorf("%s has bound no session", a.name)
	}
	switch verb {
	case "drops":
		a.peer.Close()
	case "binds":
		own, remote, _ := strings.Cut(rest, " to ")
		a.leg = testnet.DialMSRP(a.tb, own, remote)
		a.leg.Bind()
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
