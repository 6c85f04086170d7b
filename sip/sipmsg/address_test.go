package sipmsg_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/sip/sipmsg"
)

func TestParseAddress(t *testing.T) {
	sip := func(user string) sipmsg.URI { return sipmsg.URI{Scheme: "sip", User: user, Host: "h"} }
	tests := []struct {
		in    string
		want  sipmsg.Address
		write string
	}{
		{"sip:a@h;tag=1", sipmsg.Address{URI: sip("a"), Params: sipmsg.Params{{Name: "tag", Value: "1"}}}, "<sip:a@h>;tag=1"},
		{"<sip:a@h>", sipmsg.Address{URI: sip("a")}, "<sip:a@h>"},
		{"caller<sip:a@h>", sipmsg.Address{Display: "caller", URI: sip("a")}, "caller <sip:a@h>"},
		{"Mr Watson  <sip:a@h>", sipmsg.Address{Display: "Mr Watson", URI: sip("a")}, `"Mr Watson" <sip:a@h>`},
		{`"A \"B\" \\ C" <sip:a@h> ; q = 0.3 ; x`, sipmsg.Address{
			Display: `A "B" \ C`, URI: sip("a"),
			Params: sipmsg.Params{{Name: "q", Value: "0.3"}, {Name: "x", Flag: true}},
		}, `"A \"B\" \\ C" <sip:a@h>;q=0.3;x`},
		{`<sip:a@h>;+g.x="a,b;c";isfocus`, sipmsg.Address{
			URI:    sip("a"),
			Params: sipmsg.Params{{Name: "+g.x", Value: "a,b;c", Quoted: true}, {Name: "isfocus", Flag: true}},
		}, `<sip:a@h>;+g.x="a,b;c";isfocus`},
		{"*", sipmsg.Address{URI: sipmsg.URI{Opaque: "*"}}, "*"},
		{`"" <sip:a@h>`, sipmsg.Address{URI: sip("a")}, "<sip:a@h>"},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			got, err := sipmsg.ParseAddress(tt.in)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			if s := got.String(); s != tt.write {
				t.Errorf("written as %q, want %q", s, tt.write)
			}
		})
	}
}

func TestParseAddressRefuses(t *testing.T) {
	for _, in := range []string{
		"", "a", "<>", "<sip:a@h", `"A <sip:a@h>`, `"A" sip:a@h`, "A, B <sip:a@h>", "< sip:a@h>", "<sip:a@h >",
		"<sip:a@h> x", "<sip:a@h>;", "<sip:a@h>;;x", `<sip:a@h>;x="`, "sip:a@h?x=y", "sip:a,b@h", "<sip:a@h>, <sip:b@h>",
	} {
		if a, err := sipmsg.ParseAddress(in); err == nil {
			t.Errorf("%q taken as %#v", in, a)
		}
	}
}

func TestParseVia(t *testing.T) {
	for in, want := range map[string]string{
		"SIP/2.0/UDP h":                                  "SIP/2.0/UDP h",
		"SIP / 2.0 / tcp  h : 5060 ;branch= x":           "SIP/2.0/TCP h:5060;branch=x",
		"sip/2.0/WSS [::1];received=2001:db8::1;rport=1": "SIP/2.0/WSS [::1];received=2001:db8::1;rport=1",
		"SIP/2.0/UNKNOWN df7jal23ls0d.invalid;rport":     "SIP/2.0/UNKNOWN df7jal23ls0d.invalid;rport",
	} {
		v, err := sipmsg.ParseVia(in)
		if err != nil || v.String() != want {
			t.Errorf("%q: %q, %v, want %q", in, v.String(), err, want)
		}
	}
	for _, in := range []string{
		"", "SIP/2.0/UDP", "SIP/2.0/ h", "SIP/3.0/UDP h", "SIP/2.0 UDP h", "HTTP/2.0/UDP h", "SIP/2.0/U@P h",
		"SIP/2.0/UDP h h", "SIP/2.0/UDP h:x", "SIP/2.0/UDP h;", "SIP/2.0/UDP h;;", "SIP/2.0/UDP ;branch=x", "SIP/2.0/UDP h/x",
	} {
		if v, err := sipmsg.ParseVia(in); err == nil {
			t.Errorf("%q taken as %#v", in, v)
		}
	}
}

func TestParams(t *testing.T) {
	p := sipmsg.Params{{Name: "a", Value: "1"}, {Name: "b", Flag: true}}
	if got := p.With("A", "2").With("c", "x y").WithFlag("d").Without("b").String(); got != `;A=2;c="x y";d` {
		t.Errorf("params %q", got)
	}
	if got := p.String(); got != ";a=1;b" {
		t.Errorf("the original changed to %q", got)
	}
	if v, ok := p.Lookup("B"); !ok || v != "" {
		t.Errorf("flag looked up as %q, %v", v, ok)
	}
	if got := (sipmsg.Params{{Name: "x;y", Value: "1"}, {Name: "v", Value: "\r\nA: b\""}}).String(); got != `;v="  A: b\""` {
		t.Errorf("written %q", got)
	}
}
