package digest

import (
	"testing"

	"github.com/confab-chat/confab/sip/sipmsg"
)

func BenchmarkChallenge(b *testing.B) {
	s := NewServer(ServerConfig{Realm: realm})
	b.ReportAllocs()
	for b.Loop() {
		s.Challenge(false)
	}
}

func BenchmarkVerify(b *testing.B) {
	s := NewServer(ServerConfig{Realm: realm})
	x := NewClient("bob", "secret").Exchange()
	x.Challenged(response(401, s.Challenge(false)...))
	ha1 := SHA256.HA1("bob", realm, "secret")
	h := sipmsg.Header{Fields: x.Credentials(sipmsg.INVITE, target)}
	b.ReportAllocs()
	for b.Loop() {
		c, _ := s.Credentials(&h)
		s.Verify(c, sipmsg.INVITE, ha1)
	}
}
