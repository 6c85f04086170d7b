package msrpwire

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/internal/conform"
)

// TestDigest plays the vector of the specification, section 2.10.
func TestDigest(t *testing.T) {
	challenge, err := ParseChallenge([]byte(`Digest realm="conf.ims.example", nonce="b7Zx0Qd9TnV3sLk2", opaque="5ccc069c403ebaf9", qop="auth"`))
	if err != nil {
		t.Fatal(err)
	}
	c := Credentials{
		Username: "dave", Password: "correct horse 7", Challenge: challenge,
		URI: "msrps://conf.ims.example:443;ws", CNonce: "f00dfeed0a1b", Count: 1,
	}
	const want = `Digest username="dave", realm="conf.ims.example", nonce="b7Zx0Qd9TnV3sLk2", uri="msrps://conf.ims.example:443;ws", ` +
		`response="efa3d85f0a487df46e85ae243ee911f0", opaque="5ccc069c403ebaf9", qop=auth, cnonce="f00dfeed0a1b", nc=00000001`
	if diff := cmp.Diff(want, string(c.Append(nil))); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	const info = `nextnonce="kq0Lx81nVz55Tt2c", rspauth="91693ab69b2156c07ccb9d645573d899", cnonce="f00dfeed0a1b", nc=00000001, qop=auth`
	if next, ok := c.Confirmed([]byte(info)); next != "kq0Lx81nVz55Tt2c" || !ok {
		t.Errorf("%q, %v", next, ok)
	}
	if _, ok := c.Confirmed([]byte(`rspauth="00"`)); ok {
		t.Error("a wrong rspauth is taken")
	}
	if _, ok := c.Confirmed(nil); !ok {
		t.Error("no rspauth is a wrong one")
	}
	conform.Covers(t, "REL-02")
}

func TestChallenges(t *testing.T) {
	for value, want := range map[string]Challenge{
		`Digest realm="a \"b\", c",nonce=xyz , stale=TRUE`: {Realm: `a "b", c`, Nonce: "xyz", Stale: true},
		`digest nonce="n", qop="auth-int, auth"`:           {Nonce: "n"},
		`Digest nonce="n", algorithm=md5, nonce="m"`:       {Nonce: "n"},
	} {
		if got, err := ParseChallenge([]byte(value)); err != nil || got != want {
			t.Errorf("%s: %+v, %v", value, got, err)
		}
	}
	for _, value := range []string{
		"", `Basic realm="x"`, `Digest realm="x"`, `Digest nonce="n", qop="auth-int"`, `Digest nonce="n", algorithm=MD5-sess`, `Digest nonce="`,
	} {
		if c, err := ParseChallenge([]byte(value)); err == nil {
			t.Errorf("%s: %+v", value, c)
		}
	}
}

// FuzzChallenge: what is read of a challenge, and of the answer to it, can be
// written and read again.
func FuzzChallenge(f *testing.F) {
	f.Add([]byte(`Digest realm="a", nonce="b", opaque="c", qop="auth", stale=true`))
	f.Add([]byte(`Digest nonce=x,realm="\"\\"`))
	f.Fuzz(func(t *testing.T, value []byte) {
		c, err := ParseChallenge(value)
		if err != nil {
			return
		}
		cr := Credentials{Username: c.Realm, Password: c.Nonce, Challenge: c, URI: "msrps://r.example;tcp", CNonce: "x", Count: 1}
		_, params, _ := strings.Cut(string(cr.Append(nil)), " ")
		p := parseParams(params)
		if p["realm"] != c.Realm || p["nonce"] != c.Nonce || p["opaque"] != c.Opaque || p["response"] != cr.response("AUTH") {
			t.Errorf("%q became %v", value, p)
		}
		_, _ = cr.Confirmed(value)
	})
}
