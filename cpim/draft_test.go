package cpim_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/cpim"
	"github.com/confab-chat/confab/internal/conform"
)

func TestDraft(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "CPIM-01")
	at := time.Date(2026, 3, 4, 10, 15, 2, 113e6, time.UTC)
	d := cpim.Draft{
		From: cpim.Party{URI: alice}, To: []cpim.Party{{URI: room}}, DateTime: at,
		Bindings:    []cpim.Binding{{"imdn", cpim.NamespaceIMDN}},
		Headers:     []cpim.Pair{{"imdn.Message-ID", "b0Kc83hQxL2m"}, {"imdn.Disposition-Notification", "negative-delivery"}},
		ContentType: "text/plain; charset=utf-8", Content: []byte("Good morning, is the draft ready?"),
	}
	out, err := d.Append(nil)
	if diff := cmp.Diff(public, string(out)); diff != "" || err != nil {
		t.Errorf("(-want +got):\n%s%v", diff, err)
	}
	full := cpim.Draft{
		From: cpim.Party{Name: `Bob "B" Bee`, URI: "sip:bob@x"}, To: []cpim.Party{{Name: "Al Ice", URI: "sip:al@x"}, {URI: "tel:+1"}},
		CC: []cpim.Party{{Name: "O'Brien, Pat", URI: "im:pat@x"}}, DateTime: at.In(time.FixedZone("", 3600)).Truncate(time.Second),
		Subject: "a\r\nFrom: <sip:evil@x> \\ \"q\" \x00\x7f\u0085\u2028", MIME: []cpim.Pair{{"Content-Disposition", "notification"}},
		ContentType: "a/b",
	}
	want := "From: \"Bob \\\"B\\\" Bee\" <sip:bob@x>\r\nTo: Al Ice <sip:al@x>\r\nTo: <tel:+1>\r\ncc: \"O'Brien, Pat\" <im:pat@x>\r\n" +
		"DateTime: 2026-03-04T11:15:02+01:00\r\n" + `Subject: a\r\nFrom: <sip:evil@x> \\ "q" \u0000\u007f  ` + "\r\n" +
		"\r\nContent-Disposition: notification\r\nContent-Type: a/b\r\n\r\n"
	out, err = full.Append([]byte("before"))
	if diff := cmp.Diff("before"+want, string(out)); diff != "" || err != nil {
		t.Errorf("(-want +got):\n%s%v", diff, err)
	}
}

func TestDraftNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "Bob", "Bob Bee", " Bob", "Bob  Bee", `q"q`, `b\s`, "tab\tnl\ncr\r", "Jürgen", "a.b", "(x)", "\u200b", "😀"} {
		d := cpim.Draft{From: cpim.Party{Name: name, URI: alice}, To: []cpim.Party{{URI: room}}, ContentType: "a/b"}
		out, err := d.Append(nil)
		if err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		if sender, err := parse(t, string(out)).Sender(); err != nil || sender.Name() != name {
			t.Errorf("%q read as %q, %v", name, sender.Name(), err)
		}
	}
	d := cpim.Draft{From: cpim.Party{Name: "<sip:bob@x>", URI: alice}, To: []cpim.Party{{URI: room}}, ContentType: "a/b"}
	out, _ := d.Append(nil)
	if sender, err := parse(t, string(out)).Sender(); err != nil || sender.Name() != "sip:bob@x" || string(sender.URI) != alice {
		t.Errorf("brackets in a name: %+v, %v", sender, err)
	}
}

func TestDraftRefuses(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*cpim.Draft){
		"no To":        func(d *cpim.Draft) { d.To = nil },
		"From":         func(d *cpim.Draft) { d.From.URI = "alice" },
		"To":           func(d *cpim.Draft) { d.To[0].URI = "sip:a>\r\nFrom: <sip:b" },
		"cc":           func(d *cpim.Draft) { d.CC = []cpim.Party{{URI: ""}} },
		"prefix":       func(d *cpim.Draft) { d.Bindings = []cpim.Binding{{"a.b", "urn:x"}} },
		"default":      func(d *cpim.Draft) { d.Bindings = []cpim.Binding{{"", "urn:x"}} },
		"namespace":    func(d *cpim.Draft) { d.Bindings = []cpim.Binding{{"a", "x"}} },
		"header name":  func(d *cpim.Draft) { d.Headers = []cpim.Pair{{"a b", "x"}} },
		"header names": func(d *cpim.Draft) { d.Headers = []cpim.Pair{{"a.b.c", "x"}} },
		"empty name":   func(d *cpim.Draft) { d.Headers = []cpim.Pair{{"a.", "x"}} },
		"field name":   func(d *cpim.Draft) { d.MIME = []cpim.Pair{{"a:b", "x"}} },
		"field value":  func(d *cpim.Draft) { d.MIME = []cpim.Pair{{"a", "x\ny"}} },
		"no type":      func(d *cpim.Draft) { d.ContentType = "" },
		"type":         func(d *cpim.Draft) { d.ContentType = "a/b\r\n" },
	} {
		d := cpim.Draft{From: cpim.Party{URI: alice}, To: []cpim.Party{{URI: room}}, ContentType: "a/b"}
		spoil(&d)
		if out, err := d.Append([]byte("before")); !errors.Is(err, cpim.ErrUnwritable) || string(out) != "before" {
			t.Errorf("%s: %q, %v", name, out, err)
		}
	}
}

func TestEscapes(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "CPIM-09")
	for in, want := range map[string]string{
		`plain`: "plain", `\\`: `\`, `\"`: `"`, `\'`: `'`, `\b\t\n\r`: "\b\t\n\r", `\u00e4\u00E4`: "ää", `\ud83d\ude00`: "😀",
		`\ud83dx`: "\uFFFDx", `\ude00`: "\uFFFD", `\x\y`: "xy", `\u12`: "u12", `\u+123`: "u+123", `a\`: "a", `\`: "", `\\\\`: `\\`,
		`\ud83d\u0041`: "\uFFFDA",
	} {
		if got := cpim.Unescape([]byte(in)); got != want {
			t.Errorf("%q decoded to %q", in, got)
		}
	}
	var every strings.Builder
	for r := range rune(0x180) {
		if r < 0x80 || r > 0x9F {
			every.WriteRune(r)
		}
	}
	d := cpim.Draft{From: cpim.Party{URI: alice}, To: []cpim.Party{{URI: room}}, ContentType: "a/b", Subject: every.String() + "."}
	out, err := d.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := cpim.Unescape(parse(t, string(out)).Value(cpim.Namespace, "Subject")); got != d.Subject {
		t.Errorf("%q came back as %q", d.Subject, got)
	}
}

func ExampleParse() {
	m, err := cpim.Parse([]byte("From: Alice <sip:alice@ims.example>\r\nTo: <sip:room7@conf.ims.example>\r\n\r\n"+
		"Content-Type: text/plain\r\n\r\nHello"), cpim.Limits{})
	if err != nil {
		fmt.Println(err)
		return
	}
	sender, err := m.Sender()
	fmt.Printf("%s <%s> %v says %q\n", sender.Name(), sender.URI, err, m.Content)
	// Output:
	// Alice <sip:alice@ims.example> <nil> says "Hello"
}
