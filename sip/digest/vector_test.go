package digest

import (
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// flow is the Authorization of the flow in which Bob joins after a challenge.
const flow = `Digest username="bob", realm="conf.ims.example", nonce="MTcwMDAwMDAwMDphYmNkZWY", ` +
	`uri="sip:r7Kq2vT9mZ4wXc1LpB6n@conf.ims.example", qop=auth, nc=00000001, cnonce="7f3a9c21", ` +
	`algorithm=@ALGORITHM@, opaque="x1", response="@RESPONSE@"`

func authorization(t *testing.T, value string) Credentials {
	t.Helper()
	h := sipmsg.Header{Fields: []sipmsg.Field{{Name: "Authorization", Value: value}}}
	for _, a := range h.Credentials() {
		if c, ok := parseCredentials(a); ok {
			return c
		}
	}
	t.Fatalf("no credentials: %s", value)
	return Credentials{}
}

func TestVectors(t *testing.T) {
	conform.Covers(t, "IDN-05")
	tests := map[Algorithm]string{
		SHA256: "827e1526111750dc68c1a5845fcd1b9e7232d0803d0f9422aa87a72d613c253f",
		MD5:    "f827fe28bde677556a940f44510eb0cf",
	}
	for algorithm, response := range tests {
		t.Run(string(algorithm), func(t *testing.T) {
			ha1 := algorithm.HA1("bob", "conf.ims.example", "correct-horse-7")
			for text, want := range map[string]bool{
				response: true, strings.ToUpper(response): true,
				response[1:]: false, response + "0": false, "": false, "0" + response[1:]: false,
			} {
				value := strings.NewReplacer("@ALGORITHM@", string(algorithm), "@RESPONSE@", text).Replace(flow)
				c := authorization(t, value)
				if c.proves(ha1, sipmsg.INVITE) != want {
					t.Errorf("response %q: want %v", text, want)
				}
				if c.proves(ha1, sipmsg.BYE) {
					t.Errorf("response %q holds for another method", text)
				}
			}
		})
	}
}

// TestRFC7616 has the example of RFC 7616 §3.9.1, which is HTTP's.
func TestRFC7616(t *testing.T) {
	for algorithm, response := range map[Algorithm]string{
		MD5: "8ca523f5e9506fed4657c9700eebdbec", SHA256: "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
	} {
		c := Credentials{
			Username: "Mufasa", Realm: "http-auth@example.org", URI: "/dir/index.html", Algorithm: algorithm, qop: true,
			nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", nc: "00000001",
			cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
		}
		ha1 := algorithm.HA1("Mufasa", "http-auth@example.org", "Circle of Life")
		if got := c.expected(ha1, "GET"); got != response {
			t.Errorf("%s: %s, want %s", algorithm, got, response)
		}
	}
}
