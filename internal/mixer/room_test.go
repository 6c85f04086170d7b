package mixer_test

import (
	"crypto/sha256"
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/msrp/msrpwire"
)

func TestDistribution(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	a, a2, b, c := h.join(alice, nil), h.join(alice, nil), h.join(bob, nil), h.join(carol, nil)
	a.try(part{id: "sender1", fields: "Success-Report: yes\r\nX-Foo: bar", body: a.text(lobby, "hello")}, 200)
	r := wait(t, a.reports, "report")
	if r.report != 200 || r.id != "sender1" || r.rng.End != int64(len(a.text(lobby, "hello"))) {
		t.Errorf("report %+v", r)
	}
	var first frame
	for _, l := range []*client{a2, b, c} {
		f := l.hears(a.text(lobby, "hello"))
		if first.id == "" {
			first = f
		}
		if f.id != first.id || f.id == "sender1" || f.seq != first.seq || f.seq == "" {
			t.Errorf("Message-ID %q and Room-Seq %q, others have %q and %q", f.id, f.seq, first.id, first.seq)
		}
		if f.success || f.failure != msrpwire.FailureYes || f.to != l.path || f.from != l.room {
			t.Errorf("copy %+v", f)
		}
	}
	// The same Message-ID from somebody else is another message; from the same
	// user, on whichever device, it is the same.
	b.try(part{id: "sender1", body: b.text(lobby, "mine")}, 200)
	if f := c.hears(b.text(lobby, "mine")); f.id == first.id || f.seq <= first.seq {
		t.Errorf("second message is %q at %q", f.id, f.seq)
	}
	a.hears(b.text(lobby, "mine"))
	a2.hears(b.text(lobby, "mine"))
	a2.try(part{id: "sender1", body: a.text(lobby, "hello")}, 200)
	quiet(t, a, a2, b, c)
	quiet(t, b, a)
	if n := len(a.reports) + len(a2.reports) + len(b.reports); n != 0 {
		t.Errorf("%d further reports", n)
	}
	conform.Covers(t, "SW-PUB-04", "SW-PUB-05", "SW-PUB-07", "SW-PUB-13", "SW-GEN-01", "SW-RPT-01")
}

// Recipients get the wrapper octet by octet.
func TestOctetIdentity(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	a, b := h.join(alice, nil), h.join(bob, nil)
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	head := "From: Alice <" + alice + ">\r\nTo: <" + lobby + ">\r\n"
	for _, body := range []string{
		head + "\r\nMIME-Version: 1.0\nContent-Type: text/plain; charset=\"utf8\"\n\nLF only\n",
		"From:   " + `"A \"B\"" <` + alice + ">  \r\nTo: <" + lobby + ">\r\nSubject:;lang=fr  deux  mots\r\n\r\nContent-type:text/plain\r\n\r\n",
		head + "DateTime: 1970-01-01T00:00:00Z\r\nRequire: x\r\n\r\nContent-Type: application/octet-stream\r\n\r\n" + string(every),
		head + "Content-Type: text/html\r\n\r\nmerged\r\n-------" + strings.Repeat("x", 40000),
	} {
		a.try(part{body: body}, 200)
		f := wait(t, b.copies, "copy")
		if sha256.Sum256([]byte(f.body)) != sha256.Sum256([]byte(body)) {
			t.Errorf("got %.80q, sent %.80q", f.body, body)
		}
	}
	conform.Covers(t, "SW-PUB-06", "CPIM-06")
}

func TestAliases(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	a := h.join(alice, func(w *wishes) { w.also = []string{"tel:+1-555-0100", "sip:al@corp.example.test"} })
	anonymous := h.join(carol, func(w *wishes) { w.private = true })
	b := h.join(bob, nil)
	for _, to := range []string{
		lobby, "sips:lobby@CONF.example.test:5061", lobby + ";transport=tcp", lobby + ";gr=1",
		"sip:lobby@10.0.0.1:5060;transport=tcp", "sip:lobby@10.0.0.1", "sip:front-door@example.test", "sip:%6Cobby@conf.example.test",
	} {
		a.try(part{body: a.text(to, to)}, 200)
		b.hears(a.text(to, to))
		anonymous.hears(a.text(to, to))
	}
	for _, to := range []string{"sip:LOBBY@conf.example.test", "sip:lobby@example.test", "sip:anonymous@anonymous.invalid", "tel:+15550100;x=y"} {
		a.try(part{body: a.text(to, to)}, 404)
	}
	for _, from := range []string{alice, "sips:alice@Example.test:5061;transport=tls", "tel:+15550100", "tel:+1(555)0100;isub=1", "sip:al@corp.example.test"} {
		body := wrap(from, lobby, "text/plain", from)
		a.try(part{body: body}, 200)
		b.hears(body)
		anonymous.hears(body)
	}
	for _, from := range []string{bob, "sip:Alice@example.test", "sip:alice@example.org", "tel:+15550101", "im:alice@example.test", "sip:anonymous@anonymous.invalid"} {
		a.try(part{body: wrap(from, lobby, "text/plain", from)}, 403)
	}
	if !strings.HasSuffix(anonymous.user, "@anonymous.invalid") {
		t.Fatalf("carol is seen as %s", anonymous.user)
	}
	for _, from := range []string{carol, "sip:anonymous99@anonymous.invalid", anonymous.user + ";x=y"} {
		anonymous.try(part{body: wrap(from, lobby, "text/plain", from)}, 403)
	}
	anonymous.say("who am I")
	b.hears(anonymous.text(lobby, "who am I"))
	a.hears(anonymous.text(lobby, "who am I"))
	// A private message finds the anonymous user under that name alone.
	a.try(part{body: a.text(anonymous.user, "you")}, 200)
	anonymous.hears(a.text(anonymous.user, "you"))
	a.try(part{body: a.text(carol, "you")}, 404)
	quiet(t, a, b, anonymous)
	conform.Covers(t, "SW-PUB-02", "SW-PUB-14", "SW-PRV-05")
}

func TestFailureReports(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	a, b := h.join(alice, nil), h.join(bob, nil)
	for _, tt := range []struct {
		fields    string
		good, bad int
		report    bool
	}{
		{"", 200, 403, false},
		{"Failure-Report: yes\r\nSuccess-Report: yes", 200, 403, true},
		{"Failure-Report: partial", 0, 403, false},
		{"Failure-Report: no", 0, 0, false},
		{"Failure-Report: no\r\nSuccess-Report: yes", 0, 0, true},
	} {
		a.put(part{fields: tt.fields, body: a.text(lobby, tt.fields)})
		b.hears(a.text(lobby, tt.fields))
		if tt.report && wait(t, a.reports, "report").report != 200 {
			t.Errorf("%q: no report", tt.fields)
		}
		if tt.good != 0 {
			a.status(tt.good)
		} else {
			a.probe()
		}
		a.put(part{fields: tt.fields, body: wrap(bob, lobby, "text/plain", "no")})
		if tt.bad != 0 {
			a.status(tt.bad)
		} else {
			a.probe()
		}
		if len(a.reports) > 0 {
			t.Errorf("%q: a report too many", tt.fields)
		}
	}
	quiet(t, a, b)
	conform.Covers(t, "MSRP-RPT-04")
}

// A message to everybody that nobody is to see.
func TestSwallowed(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	a, b := h.join(alice, nil), h.join(bob, nil)
	a.try(part{body: wrap(alice, lobby, "message/imdn+xml", "<imdn/>")}, 200) // a storm in the making
	a.try(part{body: a.text(lobby, "?OtRv3?")}, 200)
	quiet(t, a, b)
	a.try(part{body: a.text(bob, "?OTRv3?")}, 200)
	b.hears(a.text(bob, "?OTRv3?"))
	if posted := h.posted(); len(posted) != 1 {
		t.Errorf("posted %q", posted)
	}
	conform.Covers(t, "IMDN-04", "SW-PUB-23")
}
