package sipmsg_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/sipmsg/torture"
)

// vector parses one message of RFC 4475.
func vector(tb testing.TB, name string) sipmsg.Message {
	tb.Helper()
	for _, v := range torture.Vectors() {
		if v.Name == name {
			m, err := sipmsg.ParseDatagram(v.Octets(), sipmsg.Limits{})
			if err != nil {
				tb.Fatal(err)
			}
			return m
		}
	}
	tb.Fatalf("no vector %s", name)
	return nil
}

// §3.1.1.1: white space, folds and case in every place that allows them.
func TestTortuousInvite(t *testing.T) {
	h := vector(t, "wsinv").Head()
	var vias []string
	for _, v := range must(h.Vias()) {
		vias = append(vias, v.String())
	}
	if diff := cmp.Diff([]string{
		"SIP/2.0/UDP 192.0.2.2;branch=390skdjuw",
		"SIP/2.0/TCP spindle.example.com;branch=z9hG4bK9ikj8",
		"SIP/2.0/UDP 192.168.255.111;branch=z9hG4bK30239",
	}, vias); diff != "" {
		t.Error(diff)
	}
	for got, want := range map[string]string{
		must(h.From()).String():        `"J Rosenberg \\\"" <sip:jdrosen@example.com>;tag=98asjd8`,
		must(h.To()).String():          "<sip:vivekg@chair-dnrc.example.com>;tag=1918181833n",
		must(h.CSeq()).String():        "9 INVITE",
		must(h.Contacts())[0].String(): `"Quoted string \"\"" <sip:jdrosen@example.com>;newparam=newvalue;secondparam;q=0.33`,
		must(h.Routes())[0].String():   "<sip:services.example.com;lr;unknownwith=value;unknown-no-value>",
		h.Value("Newfangledheader"):    "newfangled value continued newfangled value",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if h.MaxForwards() != 68 || h.Value("Subject") != "" || !h.Has("Subject") {
		t.Errorf("Max-Forwards %d, Subject %q", h.MaxForwards(), h.Value("Subject"))
	}
}

// §3.1.1.2 to §3.1.1.9: odd characters and escapes that are or are not escapes.
func TestOddCharacters(t *testing.T) {
	if req, ok := vector(t, "intmeth").(*sipmsg.Request); !ok || req.Method != "!interesting-Method0123456789_*+`.%indeed'~" ||
		req.URI.User != "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*" || req.URI.Password != "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)" ||
		must(req.Header.To()).Display != "BEL:\a NUL:\x00 DEL:\x7f" {
		t.Errorf("intmeth: %+v", req)
	}
	if h := vector(t, "esc01").Head(); must(h.To()).URI.UserDecoded() != "user" || must(h.From()).URI.UserDecoded() != "I have spaces" ||
		!must(h.Contacts())[0].URI.Params.Has("lr") {
		t.Errorf("esc01: %+v", h)
	}
	contacts := must(vector(t, "escnull").Head().Contacts())
	if len(contacts) != 2 || contacts[0].URI.Equal(contacts[1].URI) || contacts[1].URI.UserDecoded() != "\x00\x00" {
		t.Errorf("escnull: %v", contacts)
	}
	if req, ok := vector(t, "esc02").(*sipmsg.Request); !ok || req.Method == sipmsg.REGISTER || len(must(req.Header.Contacts())) != 2 ||
		must(req.Header.To()).Display != "%Z%45" {
		t.Errorf("esc02: %+v", req)
	}
	if req, ok := vector(t, "semiuri").(*sipmsg.Request); !ok || req.URI.User != "user;par=u%40example.net" || len(req.URI.Params) != 0 {
		t.Errorf("semiuri: %+v", req)
	}
	if h := vector(t, "longreq").Head(); len(must(h.Vias())) != 34 || !strings.Contains(h.CallID(), "reallylongcallid") {
		t.Errorf("longreq: %+v", h)
	}
	if resp, ok := vector(t, "noreason").(*sipmsg.Response); !ok || resp.Status != 100 || resp.Reason != "" {
		t.Errorf("noreason: %+v", resp)
	}
}

// §3.3.12 to §3.3.14: whose parameter it is depends on the angle brackets.
func TestOwnerOfParameter(t *testing.T) {
	for name, want := range map[string]sipmsg.Address{
		"cparam01": {
			URI:    sipmsg.URI{Scheme: "sip", User: "+19725552222", Host: "gw1.example.net"},
			Params: sipmsg.Params{{Name: "unknownparam", Flag: true}},
		},
		"cparam02": {
			URI: sipmsg.URI{Scheme: "sip", User: "+19725552222", Host: "gw1.example.net", Params: sipmsg.Params{{Name: "unknownparam", Flag: true}}},
		},
		"regescrt": {
			URI: sipmsg.URI{Scheme: "sip", User: "user", Host: "example.com", Headers: sipmsg.Params{{Name: "Route", Value: "%3Csip:sip.example.com%3E"}}},
		},
	} {
		if diff := cmp.Diff([]sipmsg.Address{want}, must(vector(t, name).Head().Contacts())); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
