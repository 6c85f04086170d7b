package server

import (
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// TestAdaptedCalls are tried once more in the way that the refusal asks for.
func TestAdaptedCalls(t *testing.T) {
	conform.Covers(t, "FOC-OUT-11")
	r := serve(t, func(c *config.Config) { c.DialOut.Username, c.DialOut.Password = "focus", "secret" })
	alice := r.guest("tcp", "alice").join(lobby)
	for name, test := range map[string]struct {
		status int
		fields []string
		adapts func(first, second *sipmsg.Request) bool
	}{
		"challenge": {
			401,
			[]string{`WWW-Authenticate: Digest realm="b", qop="auth", algorithm=SHA-256, nonce="n"`},
			func(first, second *sipmsg.Request) bool {
				return strings.Contains(second.Header.Value("Authorization"), `username="focus"`) &&
					second.Header.CallID() == first.Header.CallID() && strings.HasPrefix(second.Header.Value("CSeq"), "2 ")
			},
		},
		"proxy's challenge": {
			407,
			[]string{`Proxy-Authenticate: Digest realm="b", qop="auth", algorithm=SHA-256, nonce="n"`},
			func(_, second *sipmsg.Request) bool { return second.Header.Has("Proxy-Authorization") },
		},
		"interval": {422, []string{"Min-SE: 7200"}, func(_, second *sipmsg.Request) bool {
			return second.Header.Value("Min-SE") == "7200" && strings.HasPrefix(second.Header.Value("Session-Expires"), "7200")
		}},
		"extension": {420, []string{"Unsupported: timer"}, func(first, second *sipmsg.Request) bool {
			return first.Header.HasToken("Supported", "timer") && !second.Header.HasToken("Supported", "timer") &&
				second.Header.HasToken("Supported", "100rel")
		}},
		"preconditions": {580, nil, func(first, second *sipmsg.Request) bool {
			return first.Header.HasToken("Supported", "precondition") && !second.Header.HasToken("Supported", "precondition") &&
				!strings.Contains(string(second.Body), "a=des:")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			bob := r.callee("tcp", "bob"+strings.Fields(name)[0])
			i, first := r.invited(bob)
			bob.Send(bob.call.Respond(first, test.status, test.fields...))
			bob.Request() // ACK
			second := bob.called()
			if !test.adapts(first, second) {
				t.Errorf("\n%s\nand then\n%s", first.Append(nil), second.Append(nil))
			}
			bob.Send(bob.call.Respond(second, test.status, test.fields...)) // once is enough
			bob.Request()
			i.reportedLast()
		})
	}
	bob := r.callee("tcp", "moved")
	i, invite := r.invited(bob)
	bob.Send(bob.call.Respond(invite, 302, "Contact: <sip:elsewhere@127.0.0.1:5>")) // not followed
	bob.Request()
	i.reported("SIP/2.0 302 Moved Temporarily", "terminated")
	alice.leave()
	r.vacant()
}
