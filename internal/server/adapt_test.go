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

// challenge answers a request of the focus with a challenge, and returns the request that
// comes with credentials: the same one under the next number.
func (g *guest) challenge(req *sipmsg.Request, status int) *sipmsg.Request {
	g.rig.t.Helper()
	name, credentials := "Proxy-Authenticate", "Proxy-Authorization"
	if status == 401 {
		name, credentials = "WWW-Authenticate", "Authorization"
	}
	resp := sipmsg.NewResponse(req, status, "")
	resp.Header.Add(name, `Digest realm="proxy.test", qop="auth", algorithm=SHA-256, nonce="`+string(req.Method)+`"`)
	g.Send(resp)
	again := g.Request()
	first, _ := req.Header.CSeq()
	second, _ := again.Header.CSeq()
	if again.Method != req.Method || second.Seq != first.Seq+1 || string(again.Body) != string(req.Body) ||
		!strings.Contains(again.Header.Value(credentials), `username="focus"`) || req.Header.Has(credentials) {
		g.rig.t.Fatalf("after %d:\n%s", status, again.Append(nil))
	}
	return again
}

// TestChallengesInsideDialogs has a proxy ask for credentials in dialogs that peers have
// begun, and in one that the focus has.
func TestChallengesInsideDialogs(t *testing.T) {
	conform.Covers(t, "NOT-NFY-07", "FOC-OUT-11")
	r := serve(t, func(c *config.Config) { c.DialOut.Username, c.DialOut.Password = "focus", "secret" })
	alice := r.guest("tcp", "alice").join(lobby)
	w := r.guest("tcp", "alice")
	w.Send(w.other(sipmsg.SUBSCRIBE, lobby, "Event: conference"))
	w.Expect(200, sipmsg.SUBSCRIBE)
	w.Answer(w.challenge(w.Request(), 407), 200)
	bob := r.callee("tcp", "bob")
	if err := <-r.call(bob.address(), nil).decided; err != nil {
		t.Fatal(err)
	}
	bob.pickUp(bob.called())
	if state := w.challenge(w.Request(), 401); !strings.HasPrefix(state.Header.Value("Subscription-State"), "active") {
		t.Errorf("%s", state.Append(nil))
	} else {
		w.Answer(state, 200)
	}
	r.end()
	for _, g := range []*guest{alice, bob} {
		bye := g.Request()
		if bye.Method != sipmsg.BYE {
			t.Fatalf("%s", bye.Append(nil))
		}
		g.Answer(g.challenge(bye, 407), 200)
	}
}
