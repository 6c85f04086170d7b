package digest

import (
	"testing"

	"github.com/confab-chat/confab/sip/sipmsg"
)

// FuzzVerify has nobody prove a password that he does not know.
func FuzzVerify(f *testing.F) {
	s := NewServer(ServerConfig{Realm: realm, Algorithms: []Algorithm{SHA256, MD5}})
	f.Add(flow)
	f.Add(`Digest username="b", realm="` + realm + `", nonce="n", uri="u", response=""`)
	f.Add(s.Challenge(true)[0].Value)
	f.Fuzz(func(t *testing.T, value string) {
		h := sipmsg.Header{Fields: []sipmsg.Field{{Name: "Authorization", Value: value}, {Name: "WWW-Authenticate", Value: value}}}
		if c, ok := s.Credentials(&h); ok && s.Verify(c, sipmsg.INVITE, c.Algorithm.HA1("x", "y", "z")) != Wrong {
			t.Errorf("%q proves a password", value)
		}
		x := NewClient("b", "s").Exchange()
		if x.Challenged(&sipmsg.Response{Status: 401, Header: h}) {
			c := authorization(t, x.Credentials(sipmsg.INVITE, target)[0].Value)
			if !c.proves(c.Algorithm.HA1("b", c.Realm, "s"), sipmsg.INVITE) {
				t.Errorf("%q: the answer is wrong", value)
			}
		}
	})
}
