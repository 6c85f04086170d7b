package cpim_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/cpim"
	"github.com/confab-chat/confab/internal/conform"
)

const (
	alice = "sip:alice@ims.example"
	room  = "sip:room7@conf.ims.example"

	from = "From: <" + alice + ">\r\n"
	to   = "To: <" + room + ">\r\n"
	mime = "\r\nContent-Type: text/plain\r\n\r\n"

	public = from + to + "DateTime: 2026-03-04T10:15:02.113Z\r\n" +
		"NS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: b0Kc83hQxL2m\r\nimdn.Disposition-Notification: negative-delivery\r\n" +
		"\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nGood morning, is the draft ready?"

	// blink is what Blink writes: the MIME part with bare LF and an empty field.
	blink = "From: Älice <sip:alice@ims.example>\r\nTo: <sip:room7@conf.ims.example>\r\nDateTime: 2026-01-02T03:04:05.123456+01:00\r\n" +
		"Required: Something\r\n\r\nMIME-Version: 1.0\nContent-Type: text/plain; charset=\"utf8\"\nContent-Transfer-Encoding: \n\nGrüße ..."
)

// parse parses an object that must be acceptable as far as its form goes.
func parse(tb testing.TB, s string) *cpim.Message {
	tb.Helper()
	m, err := cpim.Parse([]byte(s), cpim.Limits{})
	if err != nil {
		tb.Fatalf("%v: %q", err, s)
	}
	return m
}

// status returns the status that Parse, or failing that Recipient, or failing
// that Sender refuses an object with, 200 if none does. This is the order in
// which a conference checks.
func status(s string) int {
	m, err := cpim.Parse([]byte(s), cpim.Limits{})
	var e *cpim.Error
	if errors.As(err, &e) {
		return e.Status
	}
	if _, err := m.Sender(); errors.As(err, &e) {
		return e.Status
	}
	if _, err := m.Recipient(); errors.As(err, &e) {
		return e.Status
	}
	return 200
}

type statusCase struct {
	object string
	want   int
}

func checkStatus(t *testing.T, cases []statusCase) {
	t.Helper()
	for _, tt := range cases {
		if got := status(tt.object); got != tt.want {
			t.Errorf("%d, want %d: %q", got, tt.want, tt.object)
		}
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	m := parse(t, public)
	sender, err := m.Sender()
	if err != nil || string(sender.URI) != alice || sender.Name() != "" {
		t.Errorf("Sender = %+v, %v", sender, err)
	}
	recipient, err := m.Recipient()
	if err != nil || string(recipient.URI) != room {
		t.Errorf("Recipient = %+v, %v", recipient, err)
	}
	if id := m.Value(cpim.NamespaceIMDN, "Message-ID"); string(id) != "b0Kc83hQxL2m" {
		t.Errorf("imdn.Message-ID = %q", id)
	}
	if ct := m.ContentType(); string(ct) != "text/plain; charset=utf-8" || string(m.MediaType()) != "text/plain" {
		t.Errorf("ContentType = %q, MediaType = %q", ct, m.MediaType())
	}
	if at, ok := m.DateTime(); !ok || !at.Equal(time.Date(2026, 3, 4, 10, 15, 2, 113e6, time.UTC)) {
		t.Errorf("DateTime = %v, %v", at, ok)
	}
	if string(m.Content) != "Good morning, is the draft ready?" || public[m.HeaderLen:] != string(m.Content) {
		t.Errorf("Content = %q behind %d octets", m.Content, m.HeaderLen)
	}
}

func TestParseAllocatesOnce(t *testing.T) {
	b := []byte(public)
	if n := testing.AllocsPerRun(100, func() { _, _ = cpim.Parse(b, cpim.Limits{}) }); n > 1 {
		t.Errorf("%v allocations", n)
	}
	var m cpim.Message
	if n := testing.AllocsPerRun(100, func() { _ = m.Parse(b, cpim.Limits{}) }); n > 0 {
		t.Errorf("%v allocations in memory that is there", n)
	}
}

func TestMergedForm(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "CPIM-02")
	for _, object := range []string{
		from + to + "Content-Type: text/plain\r\n\r\n\r\nHi",
		from + "content-TYPE: text/plain\r\n" + to + "\r\n\r\nHi",
		"Content-Disposition: inline\r\n" + from + to + "Content-Type: text/plain\r\n\r\n\r\nHi",
		strings.ReplaceAll(from+to+"Content-Type: text/plain\r\n\r\n\r\nHi", "\r\n", "\n"),
	} {
		m := parse(t, object)
		if content := strings.TrimLeft(string(m.Content), "\r\n"); content != "Hi" || len(m.Content) == 2 || string(m.MediaType()) != "text/plain" {
			t.Errorf("content %q of %q", m.Content, object)
		}
	}
	m := parse(t, from+to+"Content-Foo: x\r\n"+mime+"Hi")
	if string(m.Content) != "Hi" || m.Field("content-foo") != nil || string(m.Value(cpim.Namespace, "Content-Foo")) != "x" {
		t.Errorf("another Content- line made it the merged form: %q", m.Content)
	}
}

func TestTolerance(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "CPIM-03")
	m := parse(t, blink)
	sender, err := m.Sender()
	if err != nil || sender.Name() != "Älice" || string(sender.URI) != alice {
		t.Errorf("Sender = %+v, %v", sender, err)
	}
	if string(m.ContentType()) != `text/plain; charset="utf8"` || string(m.Content) != "Grüße ..." || string(m.Field("mime-version")) != "1.0" {
		t.Errorf("type %q, content %q", m.ContentType(), m.Content)
	}
	if v := m.Field("content-transfer-encoding"); v == nil || len(v) != 0 {
		t.Errorf("empty field = %q", v)
	}
	folded := parse(t, from+to+"\r\nContent-type: multipart/mixed;\r\n\tboundary=x;\n  y=z\r\nX: \r\n y\r\n\r\nHi")
	if string(folded.ContentType()) != "multipart/mixed;\r\n\tboundary=x;\n  y=z" || string(folded.MediaType()) != "multipart/mixed" {
		t.Errorf("folded type %q, %q", folded.ContentType(), folded.MediaType())
	}
	if string(folded.Field("x")) != "y" || string(folded.Content) != "Hi" {
		t.Errorf("field %q, content %q", folded.Field("x"), folded.Content)
	}
	for _, object := range []string{
		strings.ReplaceAll(public, "\r\n", "\n"),
		strings.ReplaceAll(public, ": ", ":"),
		strings.ReplaceAll(public, ": ", ":   "),
		strings.ReplaceAll(public, ">\r\n", ">  \r\n"),
	} {
		m := parse(t, object)
		if sender, err := m.Sender(); err != nil || string(sender.URI) != alice || m.Value(cpim.NamespaceIMDN, "Message-ID") == nil {
			t.Errorf("Sender of %q = %+v, %v", object, sender, err)
		}
	}
	checkStatus(t, []statusCase{
		{from + " " + to + mime, 400},
		{from + to + "Subject: x\r\n folded\r\n" + mime, 400},
		{from + to + "Content-Type: a/b;\r\n c=d\r\n\r\n", 400},
	})
}

func TestLetterCase(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "CPIM-04")
	checkStatus(t, []statusCase{
		{"from: <sip:a@b>\r\n" + to + mime, 400},
		{from + "FROM: <sip:a@b>\r\n" + to + mime, 400},
		{from + "tO: <sip:a@b>\r\n" + mime, 400},
		{from + to + "TO: <sip:a@b>\r\n" + mime, 400},
		{from + to + "cc: <sip:a@b>\r\n" + mime, 403},
		{from + to + "CC: <sip:a@b>\r\n" + mime, 403},
		{from + to + "NS: c <urn:ietf:params:cpim-headers:>\r\nc.FROM: <sip:a@b>\r\n" + mime, 400},
		{from + to + "NS: x <urn:x>\r\nx.FROM: <sip:a@b>\r\n" + mime, 200},
		{from + to + "X-Unknown: y\r\n" + mime, 200},
		{from + to + "DATETIME: y\r\n" + mime, 200},
		{from + to + "\r\nCONTENT-type: a/b\r\n\r\n", 200},
	})
	if m := parse(t, from+to+"subject: no\r\nSubject: yes\r\n"+mime); string(m.Value(cpim.Namespace, "Subject")) != "yes" {
		t.Error("names compared without regard to case")
	}
}

func TestHeaderCounts(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "CPIM-05")
	checkStatus(t, []statusCase{
		{from + to + mime, 200},
		{to + mime, 403},
		{from + mime, 400},
		{mime, 400},
		{from + from + to + mime, 403},
		{from + to + to + mime, 403},
		{from + to + "To: <sip:other@x>\r\n" + mime, 403},
		{from + to + "DateTime: x\r\n" + mime, 200},
		{from + to + "DateTime: x\r\nDateTime: x\r\n" + mime, 400},
		{from + to + "Require: x\r\nRequire: x\r\n" + mime, 400},
		{from + to + "NS: a <urn:a>\r\nNS: b <urn:b>\r\n" + mime, 200},
		{from + to + "Subject:;lang=en a\r\nSubject:;lang=fr b\r\n" + mime, 200},
	})
	m := parse(t, from+to+"To: Bob <tel:+49123>\r\ncc: <im:c@d>\r\nCC: <pres:x>\r\n"+mime)
	if len(m.To) != 2 || string(m.To[1].URI) != "tel:+49123" || len(m.CC) != 2 {
		t.Errorf("To %q, cc %q", m.To, m.CC)
	}
}

func TestRefusedHeaderBlocks(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "CPIM-12", "SW-PUB-11")
	subject := func(s string) string { return from + to + "Subject: " + s + "\r\n" + mime }
	cases := []statusCase{
		{subject("x\rFrom: <sip:bob@x>"), 400},
		{subject("x\x00"), 400},
		{subject("x\ty"), 400},
		{subject("x\x1b"), 400},
		{subject("x\x7f"), 400},
		{subject("x\u0085"), 400},
		{subject("x\u009f"), 400},
		{subject("x\u00a0"), 200},
		{subject("x\u2028"), 400},
		{subject("x\u2029"), 400},
		{subject("x\u2027\u202a"), 200},
		{subject("\xe4"), 400},
		{subject("\xed\xa0\x80"), 400},
		{subject("\xc2"), 400},
		{from + to + "no colon\r\n" + mime, 400},
		{from + to + ": x\r\n" + mime, 400},
		{from + to + "a b: x\r\n" + mime, 400},
		{from + to + "From : <sip:bob@x>\r\n" + mime, 400},
		{from + to + ".x: y\r\n" + mime, 400},
		{from + to + "x.: y\r\n" + mime, 400},
		{from + to + "x.y.z: y\r\n" + mime, 400},
		{" " + from + to + mime, 400},
		{from + to + "\r\n\tContent-Type: a/b\r\n\r\n", 400},
		{from + to + "\r\nContent-Type: a/b\r\nX: a\tb\r\n\r\n", 200},
		{from + to + "\r\nContent-Type: a/b\r\nX: a\x0bb\r\n\r\n", 400},
		{from + to + "\r\nContent-Type: a/b\rX: y\r\n\r\n", 400},
		{from + to + "\r\nX: \xff\r\nContent-Type: a/b\r\n\r\n", 400},
		{from + to + "\r\nContent-Type: a/b\r\nno colon\r\n\r\n", 400},
		{from + to + "\r\nContent-Type: a/b\r\nContent-Type: c/d\r\n\r\n", 400},
		{from + to + "\r\nX: y\r\n\r\n", 400},
		{from + to + "\r\n\r\n", 400},
		{"", 400},
		{from, 400},
		{from + to + "\r\nContent-Type: a/b\r\n", 400},
		{from + to + "\r\nContent-Type: a/b\r\n\r", 400},
	}
	checkStatus(t, cases)
	// 64 lines and 8,192 octets up to the content are accepted, not one more.
	lines := func(n int) string { return from + to + strings.Repeat("X: y\r\n", n-3) + mime + "Hi" }
	octets := func(n int) string {
		rest := from + to + "Subject: \r\n" + mime
		return subject(strings.Repeat("x", n-len(rest))) + "Hi"
	}
	checkStatus(t, []statusCase{{lines(64), 200}, {lines(65), 400}, {octets(8192), 200}, {octets(8193), 400}})
	if _, err := cpim.Parse([]byte(lines(5)), cpim.Limits{Lines: 4}); err == nil {
		t.Error("own limit of lines passed")
	}
	if _, err := cpim.Parse([]byte(octets(300)), cpim.Limits{Header: 299}); err == nil {
		t.Error("own limit of octets passed")
	}
}

// TestRefusedStillReadable: a client shows what it can of a message that is
// refused.
func TestRefusedStillReadable(t *testing.T) {
	t.Parallel()
	m, err := cpim.Parse([]byte(from+to+"Subject: \xff\r\n"+mime+"Hi"), cpim.Limits{})
	if err == nil || string(m.Content) != "Hi" || string(m.MediaType()) != "text/plain" {
		t.Errorf("%q of type %q, %v", m.Content, m.MediaType(), err)
	}
}

func TestEmptyContent(t *testing.T) {
	t.Parallel()
	if m := parse(t, from+to+mime); len(m.Content) != 0 || m.HeaderLen != len(from+to+mime) {
		t.Errorf("content %q", m.Content)
	}
}

func TestMediaType(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"text/plain": "text/plain", "Text/HTML;x": "Text/HTML", "a/b ; c": "a/b", "image/svg+xml\t;x": "image/svg+xml",
		"text": "", "/plain": "", "text/": "", "a/b/c": "", "a /b": "", "": "",
	} {
		if got := parse(t, from+to+"\r\nContent-Type: "+value+"\r\n\r\n").MediaType(); string(got) != want {
			t.Errorf("%q: %q", value, got)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	var m cpim.Message
	in := []byte(public)
	b.ReportAllocs()
	for b.Loop() {
		if err := m.Parse(in, cpim.Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}
