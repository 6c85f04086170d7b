package sipmsg_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/sip/sipmsg"
)

func TestParseURI(t *testing.T) {
	tests := []struct {
		in    string
		want  sipmsg.URI
		write string // if other than in
	}{
		{in: "sip:example.com", want: sipmsg.URI{Scheme: "sip", Host: "example.com"}},
		{in: "sip:alice:secret@example.com:5061", want: sipmsg.URI{Scheme: "sip", User: "alice", Password: "secret", Host: "example.com", Port: 5061}},
		{in: "SIPS:alice@[2001:db8::9]:5061;lr", want: sipmsg.URI{
			Scheme: "sips", User: "alice", Host: "2001:db8::9", Port: 5061,
			Params: sipmsg.Params{{Name: "lr", Flag: true}},
		}, write: "sips:alice@[2001:db8::9]:5061;lr"},
		{in: "sip:user;par=u%40example.net@example.com", want: sipmsg.URI{Scheme: "sip", User: "user;par=u%40example.net", Host: "example.com"}},
		{in: "sip:a@h;method=BYE;x=?to=sip:b%40h&y=", want: sipmsg.URI{
			Scheme: "sip", User: "a", Host: "h",
			Params:  sipmsg.Params{{Name: "method", Value: "BYE"}, {Name: "x"}},
			Headers: sipmsg.Params{{Name: "to", Value: "sip:b%40h"}, {Name: "y"}},
		}},
		{in: "sip:%61@h;%6C%72;n%61me=v%61lue%25%34", want: sipmsg.URI{
			Scheme: "sip", User: "%61", Host: "h",
			Params: sipmsg.Params{{Name: "lr", Flag: true}, {Name: "name", Value: "v%61lue%25%34"}},
		}, write: "sip:%61@h;lr;name=v%61lue%25%34"},
		{in: "tel:+1-201-555-0123;phone-context=example.com", want: sipmsg.URI{
			Scheme: "tel", Opaque: "+1-201-555-0123",
			Params: sipmsg.Params{{Name: "phone-context", Value: "example.com"}},
		}},
		{in: "urn:service:sos", want: sipmsg.URI{Scheme: "urn", Opaque: "service:sos"}},
		{in: "http://www.example.com/a?b=c;d", want: sipmsg.URI{Scheme: "http", Opaque: "//www.example.com/a?b=c;d"}},
		{in: "cid:a@b", want: sipmsg.URI{Scheme: "cid", Opaque: "a@b"}},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			got, err := sipmsg.ParseURI(tt.in)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			write := tt.write
			if write == "" {
				write = tt.in
			}
			if s := got.String(); s != write {
				t.Errorf("written as %q, want %q", s, write)
			}
		})
	}
}

func TestParseURIRefuses(t *testing.T) {
	for _, in := range []string{
		"", "alice", ":x", "1sip:x", "sip:", "sip:@h", "sip:a@", "sip:a@h:", "sip:a@h:65536", "sip:a@h:5x",
		"sip:a@[::1", "sip:a@[1.2.3.4]", "sip:a@[fe80::1%25eth0]", "sip:a@::1", "sip:a b@h", "sip:a@h h",
		"sip:a%4@h", "sip:a%zz@h", "sip:a@h;", "sip:a@h;;x", "sip:a@h;=x", "sip:a@h?", "sip:a@h?a=b&", "sip:\xe4@h",
		"sip:a@h\r\nX: y", "sip:a@h/path", "tel:", "tel:;x=y", "tel:+", "tel:12x", "urn:", "urn:a b", "urn:<a>",
	} {
		if u, err := sipmsg.ParseURI(in); err == nil {
			t.Errorf("%q taken as %#v", in, u)
		}
	}
}

// The examples of RFC 3261 §19.1.4 and RFC 3966 §4, and the rules around them.
func TestEqualURI(t *testing.T) {
	equal := [][]string{
		{"sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"},
		{"sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on"},
		{"sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com", "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com"},
		{"sip:alice@atlanta.com?subject=project%20x&priority=urgent", "sip:alice@atlanta.com?priority=urgent&subject=project%20x"},
		{"sip:a@[2001:db8::1]", "sip:a@[2001:DB8:0::1]"},
		{"tel:+1-201-555-0123", "tel:+12015550123", "tel:+1(201)555.0123"},
		{"tel:123;a=b;phone-context=X.example", "TEL:123;phone-context=x.example;A=B"},
		{"tel:7042;phone-context=+1-914-555;ext=1-2", "tel:7042;ext=12;phone-context=+1914555"},
		{"tel:0;x;x=0", "tel:0;x;x=1"}, // the first counts
		{"sip:a@h;x;x=0", "sip:a@h;x;x=1"},
		{"urn:a:b", "URN:a:b"},
	}
	for _, set := range equal {
		for _, b := range set[1:] {
			compareURIs(t, set[0], b, true)
		}
	}
	different := [][2]string{
		{"SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"},
		{"sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"},
		{"sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"},
		{"sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"},
		{"sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"},
		{"sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"},
		{"sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"},
		{"sip:a@h", "sips:a@h"},
		{"sip:a@h", "sip:a:p@h"},
		{"sip:a@h;user=phone", "sip:a@h"},
		{"sip:a@h;maddr=x", "sip:a@h"},
		{"sip:a%3Bb@h", "sip:a;b@h"},
		{"sip:a@h?x=1&x=1", "sip:a@h?x=1&x=2"},
		{"tel:+123", "tel:123"},
		{"tel:123;a=b", "tel:123"},
		{"tel:123;a=b", "tel:123;a=c"},
		{"tel:123;phone-context=a.b", "tel:123;phone-context=ab"},
		{"urn:a:b", "urn:a:c"},
	}
	for _, pair := range different {
		compareURIs(t, pair[0], pair[1], false)
	}
}

func compareURIs(t *testing.T, a, b string, want bool) {
	t.Helper()
	u, v := mustURI(t, a), mustURI(t, b)
	if u.Equal(v) != want || v.Equal(u) != want {
		t.Errorf("%q and %q: equal %v, other way %v, want %v", a, b, u.Equal(v), v.Equal(u), want)
	}
	if u.Scheme == "tel" && (u.Number().String() == v.Number().String()) != want {
		t.Errorf("%q and %q: numbers %s and %s", a, b, u.Number(), v.Number())
	}
}

func mustURI(tb testing.TB, s string) sipmsg.URI {
	tb.Helper()
	u, err := sipmsg.ParseURI(s)
	if err != nil {
		tb.Fatalf("%q: %v", s, err)
	}
	return u
}

func TestURIAddress(t *testing.T) {
	u := mustURI(t, "sip:alice:pw@Example.COM:5070;gr=x?a=b")
	if got := u.Address().String(); got != "sip:alice@example.com:5070" {
		t.Errorf("address of record %q", got)
	}
	if got := mustURI(t, "tel:+1-23;x=y").Address().String(); got != "tel:+1-23" {
		t.Errorf("number %q", got)
	}
}

func TestUserKeepsNull(t *testing.T) {
	// RFC 4475 §3.1.1.4: not to be shortened at the null.
	if got := mustURI(t, "sip:null-%00-null@example.com").UserDecoded(); got != "null-\x00-null" {
		t.Errorf("user %q", got)
	}
}

// A URI put together from anything never leaves its place in the message.
func TestURIWritesNothingElse(t *testing.T) {
	evil := "a b\r\nX: y<>\"@;?&=%é"
	for _, u := range []sipmsg.URI{
		{Scheme: "sip", User: evil, Password: evil, Host: evil, Params: sipmsg.Params{{Name: evil, Value: evil}}, Headers: sipmsg.Params{{Name: evil, Value: evil}}},
		{Scheme: evil, Opaque: evil},
		{Opaque: evil},
	} {
		for _, c := range []byte(u.String()) {
			if c <= ' ' || c >= 0x7f || c == '<' || c == '>' || c == '"' {
				t.Errorf("%q holds octet %#x", u.String(), c)
			}
		}
	}
}
