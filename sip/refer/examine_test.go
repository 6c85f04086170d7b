package refer_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/sip/refer"
	"github.com/confab-chat/confab/sip/sipmsg"
)

func TestSyntax(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-REF-02", "FOC-REF-03", "FOC-REF-15", "PAR-INC-02")
	tests := []struct {
		name   string
		fields []string
		status int
	}{
		{"no Refer-To", nil, 400},
		{"two fields", []string{bob, bob}, 400},
		{"two values", []string{"Refer-To: <sip:bob@x>, <sip:carol@x>"}, 400},
		{"garbage", []string{"Refer-To: <bob"}, 400},
		{"no Contact", []string{bob, "-Contact"}, 400},
		{"two Contacts", []string{bob, "Contact: <sip:b@x>"}, 400},
		{"two Referred-By", []string{bob, "Referred-By: <sip:a@x>", "Referred-By: <sip:b@x>"}, 400},
		{"bad Referred-By", []string{bob, "Referred-By: <a"}, 400},
		{"two methods", []string{"Refer-To: <sip:bob@x;method=BYE?method=INVITE>"}, 400},
		{"two methods, outside", []string{"Refer-To: <sip:bob@x;method=BYE>;method=INVITE"}, 400},
		{"body", []string{"Refer-To: <sip:bob@x?body=v%3D0>"}, 403},
		{"cid without tag", []string{"Refer-To: <cid:a@b>"}, 400},
		{"tag without cid", []string{bob, "Require: multiple-refer"}, 400},
		{"unknown extension", []string{bob, "Require: other"}, 420},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			play(t, func(x *scene) {
				x.peer.Ask(x.write("REFER", "r", "", tt.fields...), tt.status)
				if x.taken() != nil {
					x.t.Error("handed on")
				}
			})
		})
	}
}

func TestAimAt(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-REF-03", "FOC-REF-15", "FOC-LST-15")
	tests := []struct {
		to, uri string
		method  sipmsg.Method
		focus   bool
		fields  []sipmsg.Field
	}{
		{to: "<sip:bob@x>", uri: "sip:bob@x", method: "INVITE"},
		{to: "sip:bob@x;method=BYE", uri: "sip:bob@x", method: "BYE"}, // without brackets it is of the field
		{to: "<sip:bob@x;transport=tcp;method=BYE;y=z>", uri: "sip:bob@x;transport=tcp;y=z", method: "BYE"},
		{to: "<sip:bob@x?method=BYE>", uri: "sip:bob@x", method: "BYE"},
		{to: "<sip:bob@x>;method=BYE", uri: "sip:bob@x", method: "BYE"},
		{to: "<sip:bob@x;method=BYE?method=BYE>;method=BYE", uri: "sip:bob@x", method: "BYE"},
		{to: "<sip:bob@x;method=SUBSCRIBE>", uri: "sip:bob@x", method: "SUBSCRIBE"},
		{to: "<sip:c@x>;isfocus", uri: "sip:c@x", method: "INVITE", focus: true},
		{to: "<tel:+358-555;ext=1>", uri: "tel:+358-555;ext=1", method: "INVITE"},
		{to: "<http://x/y>", uri: "http://x/y", method: "INVITE"},
		{
			to:  "<sip:bob@x?Replaces=ab-5%3Bto-tag%3Dtb%3Bfrom-tag%3Dta&Route=%3Csip:evil%3E&s=Hi%20all&P-Asserted-Identity=a&Subject=a%0D%0AVia:%20b>",
			uri: "sip:bob@x", method: "INVITE",
			fields: []sipmsg.Field{{Name: "Replaces", Value: "ab-5;to-tag=tb;from-tag=ta"}, {Name: "Subject", Value: "Hi all"}},
		},
	}
	for _, tt := range tests {
		t.Run(tt.to, func(t *testing.T) {
			t.Parallel()
			a, err := sipmsg.ParseAddress(tt.to)
			if err != nil {
				t.Fatal(err)
			}
			got, refused := refer.AimAt(a)
			if refused != nil {
				t.Fatal(refused)
			}
			if got.URI.String() != tt.uri || got.Method != tt.method || got.Focus != tt.focus {
				t.Errorf("%+v", got)
			}
			if diff := cmp.Diff(tt.fields, got.Fields); diff != "" {
				t.Error(diff)
			}
			want := sipmsg.Replaces{}
			if len(tt.fields) > 0 {
				want = sipmsg.Replaces{CallID: "ab-5", ToTag: "tb", FromTag: "ta"}
			}
			if r, ok := got.Replaces(); ok != (len(tt.fields) > 0) || r != want {
				t.Errorf("Replaces %v, %v", r, ok)
			}
		})
	}
}

// TestReplacing writes what AimAt reads.
func TestReplacing(t *testing.T) {
	t.Parallel()
	u, err := sipmsg.ParseURI("sip:bob@ims.example?Subject=x")
	if err != nil {
		t.Fatal(err)
	}
	r := sipmsg.Replaces{CallID: "ab-5@x", ToTag: "tb", FromTag: "ta"}
	a := refer.Replacing(u, r)
	if want := "<sip:bob@ims.example?Subject=x&Replaces=ab-5%40x%3Bto-tag%3Dtb%3Bfrom-tag%3Dta>"; a.String() != want {
		t.Errorf("%s, want %s", a, want)
	}
	again, err := sipmsg.ParseAddress(a.String())
	if err != nil {
		t.Fatal(err)
	}
	aim, refused := refer.AimAt(again)
	if got, ok := aim.Replaces(); refused != nil || !ok || got != r {
		t.Errorf("read as %v, %v, %v", got, ok, refused)
	}
}

const entries = `<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists"><list>
<entry uri="sip:dave@ims.example"/><entry uri="sip:bob@ims.example;method=BYE"/><entry uri="sip:bob@ims.example?method=BYE"/>
</list></resource-lists>`

func TestMultiple(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-MRF-01", "FOC-MRF-02")
	list := []string{
		"Refer-To: <cid:t1%40192.0.2.11>", "Content-Type: application/resource-lists+xml",
		"Content-Disposition: recipient-list", "Content-ID: <t1@192.0.2.11>", entries,
	}
	for _, more := range []string{"Require: multiple-refer, norefersub\nRefer-Sub: false", "Require: multiple-refer\nSupported: norefersub"} {
		play(t, func(x *scene) {
			in := x.refer(append(list, more)...)
			var got []string
			for _, target := range in.Targets() {
				got = append(got, string(target.Method)+" "+target.URI.String())
			}
			if want := "INVITE sip:dave@ims.example, BYE sip:bob@ims.example"; strings.Join(got, ", ") != want || !in.Multiple() {
				x.t.Errorf("targets %q, want %q", got, want)
			}
			in.Accept("").Report(200, "")
			if resp := x.peer.Response(200); resp.Header.Value("Refer-Sub") != "false" {
				x.t.Errorf("200 %v", resp.Header.Fields)
			}
			x.peer.Quiet(time.Minute)
		})
	}
	play(t, func(x *scene) {
		r := x.refer(append(list, "Require: multiple-refer")...).Accept("")
		if resp := x.peer.Response(202); resp.Header.Has("Refer-Sub") {
			x.t.Errorf("202 %v", resp.Header.Fields)
		}
		x.told("SIP/2.0 100 Trying", "terminated;reason=noresource")
		r.Report(200, "")
		x.peer.Quiet(time.Minute)
	})
}

func TestMultipleRefused(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-MRF-01", "FOC-MRF-04")
	body := func(disposition, xml string) []string {
		return []string{
			"Require: multiple-refer", "Content-ID: <a@b>", "Content-Type: application/resource-lists+xml",
			"Content-Disposition: " + disposition, xml,
		}
	}
	both := strings.Replace(entries, "sip:dave@", "sip:bob@", 1)
	many := strings.Replace(entries, "<list>", "<list>"+strings.Repeat(`<entry uri="sip:a@x"/>`, 100), 1)
	for _, tt := range []struct {
		name   string
		fields []string
		status int
	}{
		{"no such part", append(body("recipient-list", entries), "Refer-To: <cid:c@d>"), 400},
		{"no body", []string{"Require: multiple-refer", "Refer-To: <cid:a@b>"}, 400},
		{"history", append(body("recipient-list-history", entries), "Refer-To: <cid:a@b>"), 400},
		{"two methods", append(body("recipient-list", both), "Refer-To: <cid:a@b>"), 400},
		{"malformed", append(body("recipient-list", "<a"), "Refer-To: <cid:a@b>"), 400},
		{"too many", append(body("recipient-list", many), "Refer-To: <cid:a@b>"), 403},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			play(t, func(x *scene) {
				x.peer.Ask(x.write("REFER", "r", "", tt.fields...), tt.status)
			})
		})
	}
}

func TestTargetDialog(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"c@x;local-tag=theirs;remote-tag=ours": "c@x;local-tag=ours;remote-tag=theirs",
		"c@x;remote-tag=ours":                  "",
		";local-tag=a;remote-tag=b":            "",
		"":                                     "",
	} {
		h := sipmsg.Header{Fields: []sipmsg.Field{{Name: "Target-Dialog", Value: value}}}
		id, ok := refer.TargetDialog(&h)
		if ok != (want != "") || ok && id.String() != want {
			t.Errorf("%s: %v, %v", value, id, ok)
		}
	}
}

// TestBodyInTarget: a description is several lines, which is no reason to overlook it.
func TestBodyInTarget(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-REF-03")
	for _, to := range []string{"<sip:bob@x?body=hi>", "<sip:bob@x?Body=v%3D0%0D%0Ao%3D-%0D%0A>", "<sip:bob@x?body=>"} {
		a, err := sipmsg.ParseAddress(to)
		if err != nil {
			t.Fatal(err)
		}
		if got, refused := refer.AimAt(a); refused == nil || refused.Status != 403 {
			t.Errorf("%s: %+v, %v", to, got, refused)
		}
	}
}
