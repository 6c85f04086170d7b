package resourcelist

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/sipmsg"
)

const head = `<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists" xmlns:cp="urn:ietf:params:xml:ns:copycontrol" xmlns:x="urn:x">`

func uri(t *testing.T, s string) sipmsg.URI {
	t.Helper()
	u, err := sipmsg.ParseURI(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func mustParse(t *testing.T, text string) List {
	t.Helper()
	l, err := Parse([]byte(text), Limits{})
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return l
}

func TestParse(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-LST-05", "FOC-LST-07")
	got := mustParse(t, "\ufeff"+`<?xml version="1.0" encoding="UTF-8"?><!-- c --><?app do?>
<rl:resource-lists xmlns:rl="urn:ietf:params:xml:ns:resource-lists" xmlns:cc="urn:ietf:params:xml:ns:copyControl"
    xmlns:cp="urn:ietf:params:xml:ns:copycontrol" xmlns:x="urn:x" x:a="b">
  <rl:list name="friends" x:a="b">
    <rl:display-name>Friends</rl:display-name>
    <rl:entry uri=" sip:bob@ims.example;method=BYE?Replaces=a%3Bto-tag%3Db " cc:copyControl="to" x:uri="sip:no@x">
      <rl:display-name xml:lang="de"> Bob &amp; <x:b>not he</x:b>Co </rl:display-name>
      <rl:display-name>Another</rl:display-name><x:more><rl:display-name>no</rl:display-name></x:more>
    </rl:entry>
    <x:entry uri="sip:no@x"/>
    <rl:entry-ref ref="a/b"/>
    <rl:external anchor="http://10.0.0.1/steal"/>
    <rl:list><rl:entry uri="sip:nested@x"/></rl:list>
    <rl:entry uri="tel:+358-555" cp:copyControl="cc" cp:anonymize=" 1 " cp:count="4"/>
    <rl:entry uri="sip:odd@x" cp:copyControl="tutti" cp:anonymize="maybe" cp:count="-1"/>
  </rl:list>
  <rl:list><rl:entry uri="sip:erin@ims.example" copyControl="to" cp:anonymize="false"/></rl:list>
</rl:resource-lists>
`)
	want := List{
		{URI: uri(t, "sip:bob@ims.example;method=BYE?Replaces=a%3Bto-tag%3Db"), Display: "Bob & Co", Copy: To},
		{URI: uri(t, "tel:+358-555"), Copy: CC, Anonymize: true, Count: 4},
		{URI: uri(t, "sip:odd@x"), Anonymize: true},
		{URI: uri(t, "sip:erin@ims.example")},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-LST-05", "FOC-LST-07", "FOC-LST-09")
	entries := func(n int) string {
		return head + "<list>" + strings.Repeat(`<entry uri="sip:a@x"/>`, n) + "</list></resource-lists>"
	}
	tests := []struct {
		name, text string
		lim        Limits
		status     int
	}{
		{name: "nothing", status: 400},
		{name: "no markup", text: "sip:bob@x", status: 400},
		{name: "not closed", text: head + "<list>", status: 400},
		{name: "bomb", text: `<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>` + head + `<list><entry uri="sip:&b;@x"/></list></resource-lists>`, status: 400},
		{name: "external entity", text: `<!DOCTYPE r SYSTEM "file:///etc/passwd">` + head + "</resource-lists>", status: 400},
		{name: "undefined entity", text: head + "<list>&xxe;</list></resource-lists>", status: 400},
		{name: "Latin 1", text: `<?xml version="1.0" encoding="ISO-8859-1"?>` + head + "</resource-lists>", status: 400},
		{name: "no UTF-8", text: head + "<list>\xff</list></resource-lists>", status: 400},
		{name: "another root", text: `<conference-info xmlns="urn:ietf:params:xml:ns:conference-info"/>`, status: 400},
		{name: "another namespace", text: `<resource-lists xmlns="urn:x"/>`, status: 400},
		{name: "two roots", text: head + "</resource-lists>" + head + "</resource-lists>", status: 400},
		{name: "text behind", text: head + "</resource-lists>x", status: 400},
		{name: "no uri", text: head + "<list><entry/></list></resource-lists>", status: 400},
		{name: "uri of another namespace", text: head + `<list><entry x:uri="sip:a@x"/></list></resource-lists>`, status: 400},
		{name: "no URI", text: head + `<list><entry uri="bob"/></list></resource-lists>`, status: 400},
		{name: "uri twice", text: head + `<list><entry uri="sip:a@x" uri="sip:b@x"/></list></resource-lists>`, status: 400},
		{name: "deep", text: head + strings.Repeat("<list>", 16) + strings.Repeat("</list>", 16) + "</resource-lists>", status: 400},
		{name: "not so deep", text: head + strings.Repeat("<list>", 15) + strings.Repeat("</list>", 15) + "</resource-lists>"},
		{name: "full", text: entries(100)},
		{name: "one too many", text: entries(101), status: 403},
		{name: "two of one", text: entries(2), lim: Limits{Entries: 1}, status: 403},
		{name: "large", text: entries(10) + strings.Repeat(" ", 64<<10), status: 413},
		{name: "strict and flat", text: entries(1), lim: Limits{Strict: true}},
		{name: "strict and nested", text: head + "<list><list/></list></resource-lists>", lim: Limits{Strict: true}, status: 400},
		{name: "strict and external", text: head + `<list><external anchor="http://x"/></list></resource-lists>`, lim: Limits{Strict: true}, status: 400},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l, err := Parse([]byte(tt.text), tt.lim)
			if tt.status == 0 {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil {
				t.Fatalf("taken: %v", l)
			}
			e := sip.AsError(err)
			if e.Status != tt.status {
				t.Errorf("%v, want %d", err, tt.status)
			}
			if e.Status == 403 && !strings.Contains(e.Warning, "399 confab \"at most ") {
				t.Errorf("Warning %q", e.Warning)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(head + `<list><entry uri="sip:bob@x?a=b" cp:copyControl="to"><display-name>Bob</display-name></entry></list></resource-lists>`))
	f.Add([]byte(head + `<list><list><entry uri="sip:a@x"/></list><entry uri="tel:+1;ext=2" cp:anonymize="1" cp:count="3"/></list></resource-lists>`))
	f.Add([]byte(`<!DOCTYPE a><resource-lists><list/></resource-lists>`))
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := Parse(b, Limits{})
		if err != nil {
			if s := sip.AsError(err).Status; s != 400 && s != 403 && s != 413 {
				t.Fatal(err)
			}
			return
		}
		again, err := Parse(l.Append(nil), Limits{Size: 1 << 20})
		if err != nil {
			t.Fatalf("%v in\n%s", err, l.Append(nil))
		}
		if a, b := string(l.Append(nil)), string(again.Append(nil)); a != b {
			t.Errorf("written\n%s\nand again\n%s", a, b)
		}
		if n := len(Unite(l, again)); n > len(l) {
			t.Errorf("%d entries of two equal lists of %d", n, len(l))
		}
		_ = l.History().Append(nil)
	})
}
