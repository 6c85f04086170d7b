package sipmsg_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/sipmsg/torture"
)

func mixed(boundary string) sipmsg.MediaType {
	return sipmsg.MediaType{Type: "multipart", Subtype: "mixed", Params: sipmsg.Params{{Name: "boundary", Value: boundary, Quoted: true}}}
}

// show writes parts as text: fields and body, one line each.
func show(parts []sipmsg.Part) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString(text(&p.Header) + " " + string(p.Body) + "\n")
	}
	return b.String()
}

func TestParseMultipart(t *testing.T) {
	for name, tt := range map[string]struct{ body, want string }{
		"two parts":           {"--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b\r\nc: a/b\r\n\r\n\r\n--b--\r\n", "Content-Type: text/plain| hello\nContent-Type: a/b| \n"},
		"preamble, epilogue":  {"ignore --b\r\n--b\r\n\r\nhello\r\n--b--\r\nmore\r\n--b\r\n", " hello\n"},
		"no end of last line": {"--b\r\n\r\nhello\r\n--b--", " hello\n"},
		"padding":             {"--b \t\r\n\r\nhello\r\n--b-- \r\n", " hello\n"},
		"longer boundary":     {"--b\r\n\r\nx\r\n--bb\r\ny\r\n--b--", " x\r\n--bb\r\ny\n"},
		"inside a line":       {"--b\r\n\r\nx--b\r\n--b--", " x--b\n"},
		"line feed only":      {"--b\r\n\r\nx\n--b\r\n--b--", " x\n--b\n"},
		"header only":         {"--b\r\nContent-Type: a/b\r\n--b--", "Content-Type: a/b| \n"},
		"nothing":             {"--b\r\n--b--", " \n"},
		"folded field":        {"--b\r\nContent-Type: a/b;\r\n x=y\r\n\r\n--b--", "Content-Type: a/b; x=y| \n"},
	} {
		parts, err := sipmsg.ParseMultipart(mixed("b"), []byte(tt.body), sipmsg.Limits{})
		if err != nil || show(parts) != tt.want {
			t.Errorf("%s: %q, %v, want %q", name, show(parts), err, tt.want)
		}
	}
	for name, body := range map[string]string{
		"no boundary": "hello", "empty": "", "not closed": "--b\r\n\r\nx\r\n--b\r\n\r\ny", "closed at once": "--b--x",
		"malformed header": "--b\r\nx y\r\n\r\n\r\n--b--",
	} {
		if parts, err := sipmsg.ParseMultipart(mixed("b"), []byte(body), sipmsg.Limits{}); status(err) != 400 {
			t.Errorf("%s: %q, %v", name, show(parts), err)
		}
	}
	for _, boundary := range []string{"", "a ", "a\r\n", "a\"", strings.Repeat("a", 71)} {
		if _, err := sipmsg.ParseMultipart(mixed(boundary), []byte("--"+boundary+"--"), sipmsg.Limits{}); status(err) != 400 {
			t.Errorf("boundary %q: %v", boundary, err)
		}
	}
	many := []byte(strings.Repeat("--b\r\n\r\n\r\n", 6) + "--b--")
	if _, err := sipmsg.ParseMultipart(mixed("b"), many, sipmsg.Limits{Headers: 5}); status(err) != 400 {
		t.Errorf("too many parts: %v", err)
	}
}

func TestAppendMultipart(t *testing.T) {
	parts := []sipmsg.Part{
		{Header: sipmsg.Header{Fields: []sipmsg.Field{{Name: "Content-Type", Value: "application/sdp"}}}, Body: []byte("v=0\r\n")},
		{Body: []byte("\x00\r\n")},
	}
	body := sipmsg.AppendMultipart(nil, "xyz", parts)
	if want := "--xyz\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n\r\n--xyz\r\n\r\n\x00\r\n\r\n--xyz--\r\n"; string(body) != want {
		t.Errorf("%q, want %q", body, want)
	}
	again, err := sipmsg.ParseMultipart(mixed("xyz"), body, sipmsg.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(parts, again); diff != "" {
		t.Error(diff)
	}
}

func TestBodiesOpensNested(t *testing.T) {
	inner := "--in\r\nContent-Type: a/1\r\n\r\n1\r\n--in\r\nContent-Type: a/2\r\nContent-Disposition: x;handling=optional\r\n\r\n2\r\n--in--"
	outer := "--out\r\nContent-Type: multipart/alternative;boundary=in\r\n\r\n" + inner + "\r\n--out\r\nContent-Type: a/3\r\n\r\n3\r\n--out--"
	for _, method := range []string{"INVITE", "MESSAGE", "BYE", "FOO"} {
		wire := strings.ReplaceAll(change("Contact", "Content-Type: multipart/mixed;boundary=out\r\nContact"), "INVITE", method) + outer
		m, err := sipmsg.ParseDatagram([]byte(wire), sipmsg.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		parts, err := sipmsg.Bodies(m, sipmsg.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		want := "Content-Type: a/1| 1\nContent-Type: a/2|Content-Disposition: x;handling=optional| 2\nContent-Type: a/3| 3\n"
		if diff := cmp.Diff(want, show(parts)); diff != "" {
			t.Error(diff)
		}
		if d, ok := parts[1].Header.ContentDisposition(); !ok || !d.Optional() {
			t.Errorf("disposition %v", d)
		}
	}
}

func TestNamed(t *testing.T) {
	signed := "Content-Type: multipart/signed;boundary=s\r\nContent-ID: <token@x>\r\n\r\n--s\r\nContent-ID: <inner>\r\n\r\n1\r\n--s--"
	wire := change("Contact", "Content-Type: multipart/mixed;boundary=out\r\nContent-ID: <all@x>\r\nContact") +
		"--out\r\n\r\nx\r\n--out\r\n" + signed + "\r\n--out--"
	m := must(sipmsg.ParseDatagram([]byte(wire), sipmsg.Limits{}))
	for cid, want := range map[string]string{
		"token@x": "--s\r\nContent-ID: <inner>\r\n\r\n1\r\n--s--", // as it came
		"inner":   "1",
		"all@x":   string(m.Content()),
		"other":   "",
		"":        "",
	} {
		if p, found := sipmsg.Named(m, cid); string(p.Body) != want || found != (want != "") {
			t.Errorf("%s: %q, %v", cid, p.Body, found)
		}
	}
	if _, found := sipmsg.Named(must(sipmsg.ParseDatagram([]byte(bare), sipmsg.Limits{})), ""); found {
		t.Error("found in a message without body")
	}
}

func TestBodies(t *testing.T) {
	single := must(sipmsg.ParseDatagram([]byte(change("Contact", "c: text/plain\r\nContent-Language: en\r\nContact")+"hi"), sipmsg.Limits{}))
	if got := show(must(sipmsg.Bodies(single, sipmsg.Limits{}))); got != "Content-Type: text/plain|Content-Language: en| hi\n" {
		t.Errorf("single body %q", got)
	}
	if parts, err := sipmsg.Bodies(must(sipmsg.ParseDatagram([]byte(bare), sipmsg.Limits{})), sipmsg.Limits{}); parts != nil || err != nil {
		t.Errorf("no body: %v, %v", parts, err)
	}
	deep := "Content-Type: multipart/mixed;boundary=b\r\n\r\n"
	for range 20 {
		deep = "Content-Type: multipart/mixed;boundary=b\r\n\r\n--b\r\n" + deep + "\r\n--b--"
	}
	fields, body, _ := strings.Cut(deep, "\r\n\r\n")
	m := must(sipmsg.ParseDatagram([]byte(change("Contact", fields+"\r\nContact")+body), sipmsg.Limits{}))
	if _, err := sipmsg.Bodies(m, sipmsg.Limits{}); status(err) != 400 {
		t.Errorf("nested without end: %v", err)
	}
}

// RFC 4475 §3.1.1.11: NUL octets in a body are octets like others.
func TestBinaryPart(t *testing.T) {
	for _, v := range torture.Vectors() {
		if v.Name != "mpart01" {
			continue
		}
		parts, err := sipmsg.Bodies(must(sipmsg.ParseDatagram(v.Octets(), sipmsg.Limits{})), sipmsg.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if len(parts) != 2 || string(parts[0].Body) != "Hello" || len(parts[1].Body) != 342 || parts[1].Body[0] != 0x30 || parts[1].Body[341] != 0x05 {
			t.Errorf("%d parts, %x", len(parts), parts[len(parts)-1].Body)
		}
	}
}
