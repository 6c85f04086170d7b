package digest

import (
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/sip/sipmsg"
)

const (
	realm  = "conf.example.test"
	target = "sip:lobby@conf.example.test"
)

// pair is a server and its clock.
type pair struct {
	*Server
	t   *testing.T
	now time.Time
}

func newPair(t *testing.T, cfg ServerConfig) *pair {
	t.Helper()
	p := &pair{t: t, now: time.Unix(1_700_000_000, 0)}
	cfg.Realm, cfg.Now = realm, func() time.Time { return p.now }
	p.Server = NewServer(cfg)
	return p
}

func response(status int, fields ...sipmsg.Field) *sipmsg.Response {
	return &sipmsg.Response{Status: status, Header: sipmsg.Header{Fields: fields}}
}

// challenged is a client that has got a challenge of the server.
func (p *pair) challenged(password string) *Exchange {
	p.t.Helper()
	x := NewClient("bob", password).Exchange()
	if !x.Challenged(response(401, p.Challenge(false)...)) {
		p.t.Fatal("challenge not understood")
	}
	return x
}

// verify judges what a request carries; the account's password is "secret".
func (p *pair) verify(fields []sipmsg.Field) Verdict {
	p.t.Helper()
	c, ok := p.Credentials(&sipmsg.Header{Fields: fields})
	if !ok {
		p.t.Fatalf("no credentials in %v", fields)
	}
	return p.Verify(c, sipmsg.INVITE, c.Algorithm.HA1("bob", realm, "secret"))
}

func (p *pair) want(fields []sipmsg.Field, want Verdict) {
	p.t.Helper()
	if got := p.verify(fields); got != want {
		p.t.Errorf("%s, want %s", got, want)
	}
}

func TestChallenge(t *testing.T) {
	conform.Covers(t, "IDN-05")
	tests := map[string]struct {
		algorithms []Algorithm
		want       []string
	}{
		"default":      {nil, []string{"SHA-256"}},
		"MD5 enabled":  {[]Algorithm{MD5, SHA256}, []string{"SHA-256", "MD5"}},
		"MD5 alone":    {[]Algorithm{MD5}, []string{"MD5"}},
		"SHA-256 only": {[]Algorithm{SHA256}, []string{"SHA-256"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := newPair(t, ServerConfig{Algorithms: test.algorithms})
			h := sipmsg.Header{Fields: p.Challenge(false)}
			got := h.Challenges()
			if len(got) != len(test.want) {
				t.Fatalf("%v", h)
			}
			for i, a := range got {
				algorithm, _ := a.Params.Lookup("algorithm")
				if algorithm != test.want[i] || a.Params.Has("stale") {
					t.Errorf("challenge %d: %s", i, a)
				}
				for _, same := range []string{"realm", "nonce", "opaque"} {
					v, _ := a.Params.Lookup(same)
					if first, _ := got[0].Params.Lookup(same); v == "" || v != first {
						t.Errorf("%s: %q and %q", same, v, first)
					}
				}
				if !strings.Contains(a.String(), `qop="auth"`) || !strings.Contains(a.String(), `realm="`+realm+`"`) {
					t.Errorf("%s", a)
				}
			}
		})
	}
	p := newPair(t, ServerConfig{})
	if !strings.Contains(p.Challenge(true)[0].Value, "stale=true") {
		t.Error("not stale")
	}
}

func TestNoncesAreNeverTheSame(t *testing.T) {
	conform.Covers(t, "SEC-06")
	p := newPair(t, ServerConfig{})
	seen := make(map[string]bool)
	const n = 100_000
	for range n {
		seen[p.mint.issue(p.now)] = true
	}
	if len(seen) != n {
		t.Errorf("%d of %d differ", len(seen), n)
	}
}

func TestVerify(t *testing.T) {
	conform.Covers(t, "IDN-06")
	p := newPair(t, ServerConfig{})
	x := p.challenged("secret")
	first := x.Credentials(sipmsg.INVITE, target)
	p.want(first, Valid)
	p.want(first, Stale) // replayed
	third, second := x.Credentials(sipmsg.INVITE, target), x.Credentials(sipmsg.INVITE, target)
	p.want(second, Valid)
	p.want(third, Valid) // overtaken
	p.want(third, Stale)

	p.want(p.challenged("guess").Credentials(sipmsg.INVITE, target), Wrong)
	p.want(p.challenged("secret").Credentials(sipmsg.BYE, target), Wrong) // for another method
	p.now = p.now.Add(300 * time.Second)
	p.want(x.Credentials(sipmsg.INVITE, target), Valid)
	p.now = p.now.Add(time.Second)
	p.want(x.Credentials(sipmsg.INVITE, target), Stale)
	p.want(newPair(t, ServerConfig{}).challenged("secret").Credentials(sipmsg.INVITE, target), Stale) // another server's

	c, _ := p.Credentials(&sipmsg.Header{Fields: p.challenged("secret").Credentials(sipmsg.INVITE, target)})
	if got := p.Verify(c, sipmsg.INVITE, ""); got != Wrong {
		t.Errorf("nobody's password: %s", got)
	}
}

func TestReplaysAreKnownInBoundedMemory(t *testing.T) {
	conform.Covers(t, "IDN-06")
	const remember = 8
	p := newPair(t, ServerConfig{Remember: remember})
	var sent [][]sipmsg.Field
	for range 4 * remember {
		p.now = p.now.Add(time.Millisecond)
		fields := p.challenged("secret").Credentials(sipmsg.INVITE, target)
		p.want(fields, Valid)
		sent = append(sent, fields)
	}
	if len(p.used.nonces) != remember {
		t.Errorf("%d nonces remembered", len(p.used.nonces))
	}
	for _, fields := range sent {
		p.want(fields, Stale)
	}
}

func TestCredentialsThatCountAsNone(t *testing.T) {
	conform.Covers(t, "IDN-05", "IDN-14")
	digest := func(lines ...string) string {
		return `Digest username="bob", realm="` + realm + `", nonce="n", uri="` + target + `"` + strings.Join(append([]string{""}, lines...), ", ")
	}
	full := digest(`qop=auth`, `nc=00000001`, `cnonce="c"`, `algorithm=SHA-256`, `response="0"`)
	legacy := digest(`algorithm=MD5`, `response="0"`)
	tests := map[string]struct {
		value      string
		plain, md5 bool // taken by a server of SHA-256, and of both
	}{
		"as it should be":   {full, true, true},
		"Basic":             {"Basic Ym9iOnNlY3JldA==", false, false},
		"another realm":     {strings.Replace(full, realm, "else.example", 1), false, false},
		"auth-int":          {strings.Replace(full, "qop=auth", "qop=auth-int", 1), false, false},
		"short nc":          {strings.Replace(full, "nc=00000001", "nc=1", 1), false, false},
		"nc 0":              {strings.Replace(full, "nc=00000001", "nc=00000000", 1), false, false},
		"no cnonce":         {strings.Replace(full, `cnonce="c", `, "", 1), false, false},
		"session algorithm": {strings.Replace(full, "SHA-256", "SHA-256-sess", 1), false, false},
		"MD5":               {strings.Replace(full, "SHA-256", "MD5", 1), false, true},
		"old form":          {legacy, false, true},
		"no algorithm":      {strings.Replace(legacy, "algorithm=MD5, ", "", 1), false, true},
		"old with SHA-256":  {strings.Replace(legacy, "MD5", "SHA-256", 1), false, false},
		"endless name":      {strings.Replace(full, "bob", strings.Repeat("b", maxText+1), 1), false, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			h := sipmsg.Header{Fields: []sipmsg.Field{
				{Name: "Authorization", Value: strings.Replace(full, realm, "first.example", 1)},
				{Name: "Authorization", Value: test.value},
			}}
			_, plain := newPair(t, ServerConfig{}).Credentials(&h)
			_, md5 := newPair(t, ServerConfig{Algorithms: []Algorithm{SHA256, MD5}}).Credentials(&h)
			if plain != test.plain || md5 != test.md5 {
				t.Errorf("taken: %v, with MD5 %v", plain, md5)
			}
		})
	}
}

// TestOldForm has a client that knows no qop: one request per nonce.
func TestOldForm(t *testing.T) {
	conform.Covers(t, "IDN-05")
	p := newPair(t, ServerConfig{Algorithms: []Algorithm{SHA256, MD5}})
	old := p.Challenge(false)[1]
	old.Value = strings.Replace(old.Value, `qop="auth", `, "", 1)
	x := NewClient("bob", "secret").Exchange()
	if !x.Challenged(response(401, old)) {
		t.Fatal("not answered")
	}
	fields := x.Credentials(sipmsg.INVITE, target)
	if strings.Contains(fields[0].Value, "cnonce") {
		t.Fatal(fields)
	}
	p.want(fields, Valid)
	p.want(fields, Stale)
}

func TestClient(t *testing.T) {
	www := func(params string) sipmsg.Field {
		return sipmsg.Field{Name: "WWW-Authenticate", Value: "Digest " + params}
	}
	proxy := func(params string) sipmsg.Field {
		return sipmsg.Field{Name: "Proxy-Authenticate", Value: "Digest " + params}
	}
	sha, md5 := `realm="a", nonce="1", qop="auth", algorithm=SHA-256`, `realm="a", nonce="1", qop="auth", algorithm=MD5`
	unknown := `realm="a", nonce="1", qop="auth", algorithm=SHA-512-256`
	tests := map[string]struct {
		challenges []*sipmsg.Response
		want       string // of each: the fields sent, in short, or "-"
	}{
		"the topmost":             {[]*sipmsg.Response{response(401, www(sha), www(md5))}, "A a SHA-256 1"},
		"whichever it is":         {[]*sipmsg.Response{response(401, www(md5), www(sha))}, "A a MD5 1"},
		"the first that is known": {[]*sipmsg.Response{response(401, www(unknown), www(sha))}, "A a SHA-256 1"},
		"none known":              {[]*sipmsg.Response{response(401, www(unknown))}, "-"},
		"none at all":             {[]*sipmsg.Response{response(401)}, "-"},
		"only auth-int":           {[]*sipmsg.Response{response(401, www(strings.Replace(sha, "auth", "auth-int", 1)))}, "-"},
		"no challenge":            {[]*sipmsg.Response{response(403, www(sha))}, "-"},
		"the other's field":       {[]*sipmsg.Response{response(407, www(sha))}, "-"},
		"once per nonce":          {[]*sipmsg.Response{response(401, www(sha)), response(401, www(sha))}, "A a SHA-256 1|-"},
		"wrong password": {[]*sipmsg.Response{
			response(401, www(sha)), response(401, www(strings.Replace(sha, `"1"`, `"2"`, 1))),
		}, "A a SHA-256 1|-"},
		"stale": {[]*sipmsg.Response{
			response(401, www(sha)), response(401, www(strings.Replace(sha, `"1"`, `"2"`, 1)+", stale=TRUE")),
		}, "A a SHA-256 1|A a SHA-256 2"},
		"always stale": {[]*sipmsg.Response{
			response(401, www(sha)), response(401, www(strings.Replace(sha, `"1"`, `"2"`, 1)+", stale=true")),
			response(401, www(strings.Replace(sha, `"1"`, `"3"`, 1)+", stale=true")),
			response(401, www(strings.Replace(sha, `"1"`, `"4"`, 1)+", stale=true")),
			response(401, www(strings.Replace(sha, `"1"`, `"5"`, 1)+", stale=true")),
		}, "A a SHA-256 1|A a SHA-256 2|A a SHA-256 3|A a SHA-256 4|-"},
		"proxy, then server": {[]*sipmsg.Response{
			response(407, proxy(strings.Replace(md5, `"a"`, `"p"`, 1))), response(401, www(sha)),
		}, "P p MD5 1|P p MD5 1,A a SHA-256 1"},
		"two realms": {[]*sipmsg.Response{
			response(407, proxy(sha), proxy(strings.Replace(sha, `realm="a", nonce="1"`, `realm="b", nonce="9"`, 1))),
		}, "P a SHA-256 1,P b SHA-256 9"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			x := NewClient("bob", "secret").Exchange()
			var got []string
			for _, resp := range test.challenges {
				if !x.Challenged(resp) {
					got = append(got, "-")
					break
				}
				var sent []string
				for _, f := range x.Credentials(sipmsg.INVITE, target) {
					c := authorization(t, f.Value)
					sent = append(sent, f.Name[:1]+" "+c.Realm+" "+string(c.Algorithm)+" "+c.nonce)
				}
				got = append(got, strings.Join(sent, ","))
			}
			if joined := strings.Join(got, "|"); joined != test.want {
				t.Errorf("got %s, want %s", joined, test.want)
			}
		})
	}
}

func TestClientCountsRequestsOfANonce(t *testing.T) {
	c := NewClient("bob", "secret")
	challenge := response(401, sipmsg.Field{
		Name: "WWW-Authenticate", Value: `Digest realm="a", nonce="1", qop="auth,auth-int", algorithm=SHA-256, opaque="o"`,
	})
	cnonces := make(map[string]bool)
	for _, want := range []string{"00000001", "00000002", "00000003"} {
		x := c.Exchange()
		if !x.Challenged(challenge) {
			t.Fatal("not answered")
		}
		value := x.Credentials(sipmsg.INVITE, target)[0].Value
		got := authorization(t, value)
		if cnonces[got.cnonce] = true; got.nc != want || !strings.Contains(value, `opaque="o"`) {
			t.Errorf("%s: want nc %s", value, want)
		}
	}
	if len(cnonces) != 3 {
		t.Error("the same cnonce twice")
	}
}
