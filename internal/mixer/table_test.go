package mixer_test

import (
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/msrp/msrpwire"
	"github.com/confab-chat/confab/sdp"
)

// The decision table of the catalogue: what is answered to a SEND with body.
// Each case with two faults is answered for the one that stands first.
func TestDecisionTable(t *testing.T) {
	t.Parallel()
	plan := func(b *blueprint) {
		b.mixer.MaxMessage = 20000
		b.mixer.WrappedTypes = sdp.TypeList{"text/plain", "message/imdn+xml"}
	}
	h := newHouse(t, plan)
	a := h.join(alice, nil)
	b := h.join(bob, nil)
	plain := h.join(carol, func(w *wishes) { w.chatroom = " " }) // no private messages
	discreet := newHouse(t, func(b *blueprint) {
		plan(b)
		b.policy.PrivateMessages = false
	})
	mum := discreet.join("sip:dave@x.test", nil) // who must not whisper
	mums := discreet.join(carol, func(w *wishes) { w.chatroom = " " })
	held := h.join("sip:erin@x.test", func(w *wishes) { w.direction = "recvonly" })
	early := h.join("sip:frank@x.test", func(w *wishes) { w.outside = true })
	a2 := h.join("sip:gina@x.test", nil)
	a2.dial() // a second connection that claims the first one's session

	elsewhere := strings.Replace(a.room, "//127.0.0.1", "//127.0.0.2", 1) + "x"
	const (
		badTo   = "To: nobody\r\n"
		twoFrom = "From: <sip:x@y.test>\r\nFrom: <sip:x@y.test>\r\n"
	)
	from := func(c *client) string { return "From: <" + c.user + ">\r\n" }
	to := func(uri string) string { return "To: <" + uri + ">\r\n" }
	text, image := "\r\nContent-Type: text/plain\r\n\r\nhi", "\r\nContent-Type: image/png\r\n\r\nhi"
	long := strings.Repeat("x", 20000)
	for _, tt := range []struct {
		name string
		c    *client
		part part
		want int
	}{
		{"1 syntax, 2 session", a, part{to: elsewhere, fields: "Message-ID: twice", body: "x"}, 400},
		{"2 session, 4 direction", held, part{to: elsewhere, kind: "text/plain", body: "x"}, 481},
		{"2 two URIs", a, part{to: a.room + " " + a.room, body: "x"}, 481},
		{"2 From-Path of another", a, part{path: b.path, body: "x"}, 481},
		{"3 bound elsewhere, 5 type", a2, part{kind: "text/plain", body: "x"}, 506},
		{"4 not open, 5 type", early, part{kind: "text/plain", body: "x"}, 403},
		{"4 direction, 5 type", held, part{kind: "text/plain", body: "x"}, 403},
		{"4 direction, 8 syntax", held, part{body: "no CPIM\r\n\r\n\r\n"}, 403},
		{"4 direction, 8 header too long", held, part{body: "X: " + strings.Repeat("x", 9000)}, 403},
		{"4 direction, 11 recipient", held, part{body: from(held) + to("sip:nobody@x.test") + text}, 403},
		{"5 type, 6 total", a, part{kind: "text/plain", rng: "1-*/20001", body: "x"}, 415},
		{"6 total, 8 syntax", a, part{rng: "1-*/20001", body: "no CPIM\r\n\r\n\r\n"}, 413},
		{"6 octets received, in one chunk", a, part{body: from(a) + to(lobby) + text + long}, 413},
		{"7 was refused, 8 syntax", a, part{id: "again", body: "no CPIM\r\n\r\n\r\n"}, 413},
		{"8 size", a, part{body: from(a) + to(lobby) + "Subject: " + strings.Repeat("x", 8192) + "\r\n" + text}, 400},
		{"8 lines", a, part{body: from(a) + to(lobby) + strings.Repeat("X: y\r\n", 64) + text}, 400},
		{"8 UTF-8, 9 From", a, part{body: from(b) + to(lobby) + "Subject: \xff\r\n" + text}, 400},
		{"8 control character", a, part{body: from(a) + to(lobby) + "Subject: a\rFrom: <" + bob + ">\r\n" + text}, 400},
		{"8 ends within the header", a, part{body: from(b) + to(lobby)}, 400},
		{"8 no octets", a, part{}, 400},
		{"8 no To, 9 From", a, part{body: twoFrom + text}, 400},
		{"8 bad To, 9 From", a, part{body: from(b) + badTo + text}, 400},
		{"8 no type, 9 From", a, part{body: from(b) + to(lobby) + "\r\n\r\nhi"}, 400},
		{"9 no From, 10 type", a, part{body: to(lobby) + image}, 403},
		{"9 two From", a, part{body: from(a) + from(a) + to(lobby) + text}, 403},
		{"9 bad From", a, part{body: "From: <" + bob + "> <" + alice + ">\r\n" + to(lobby) + text}, 403},
		{"9 From of another, 10 type", a, part{body: from(b) + to(lobby) + image}, 403},
		{"9 From under another prefix", a, part{body: "NS: c <urn:ietf:params:cpim-headers:>\r\nc.From: <" + bob + ">\r\n" + from(a) + to(lobby) + text}, 403},
		{"9 two To, 10 type", a, part{body: from(a) + to(lobby) + to(lobby) + image}, 403},
		{"9 cc, 10 type", a, part{body: from(a) + to(lobby) + "cc: <" + bob + ">\r\n" + image}, 403},
		{"10 type, 11 no private messages", mum, part{body: from(mum) + to(bob) + image}, 415},
		{"10 type, 11 recipient", a, part{body: from(a) + to("sip:nobody@x.test") + image}, 415},
		{"10 type", a, part{body: from(a) + to(lobby) + image}, 415},
		{"11 no private messages, recipient", mum, part{body: from(mum) + to("sip:nobody@x.test") + text}, 403},
		{"11 recipient", a, part{body: from(a) + to("sip:nobody@x.test") + text}, 404},
		{"11 recipient is oneself", a, part{body: from(a) + to(alice) + text}, 404},
		{"11 scheme", a, part{body: from(a) + to("xmpp:bob@example.test") + text}, 404},
		{"11 notification without recipient", mum, part{body: from(mum) + to("sip:nobody@x.test") + "\r\nContent-Type: message/imdn+xml\r\n\r\n<x/>"}, 404},
		{"12 not supported", a, part{body: from(a) + to(carol) + text}, 428},
	} {
		if tt.part.id != "" { // so that 7 finds something refused
			tt.c.try(part{id: tt.part.id, kind: "text/plain", body: "x"}, 415)
		}
		tt.c.put(tt.part)
		f := wait(t, tt.c.responses, tt.name)
		if f.status != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, f.status, tt.want)
		}
		// The same again that nobody may hear of.
		if tt.want != 400 || tt.name[0] == '8' {
			again := tt.part
			again.fields, again.id = "Failure-Report: no", ""
			tt.c.put(again)
		}
		if tt.c != a2 {
			tt.c.probe()
		}
	}
	for _, c := range []*client{held, early, mum, plain} {
		c.probe() // 200 without body, whatever may be sent
	}
	// Nothing was distributed, and notifications may go where text may not.
	notice := wrap(held.user, alice, "message/imdn+xml", "<imdn/>")
	held.try(part{body: notice}, 200)
	if f := a.hears(notice); f.failure != msrpwire.FailureNo {
		t.Errorf("notification with Failure-Report %v", f.failure)
	}
	notice = wrap(mum.user, carol, "message/imdn+xml", "<imdn/>")
	mum.try(part{body: notice}, 200)
	mums.hears(notice)
	quiet(t, b, a, plain, held)
	quiet(t, mum, mums)
	conform.Covers(t, "SW-PUB-01", "SW-PUB-03", "SW-PUB-11", "SW-PUB-21", "SW-GEN-09", "SW-PRV-02", "SW-PRV-04", "SDP-20",
		"IMDN-03", "CPIM-12", "CPIM-13")
}

// The code goes into the response to the chunk that completed the header.
func TestSplitHeader(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	a, b := h.join(alice, nil), h.join(bob, nil)
	for _, tt := range []struct {
		body string
		want int // of the chunk with the end of the header
	}{
		{a.text(lobby, "hello"), 200},
		{wrap(bob, lobby, "text/plain", "hello"), 403},
		{a.text("sip:nobody@x.test", "hello"), 404},
		{wrap(alice, "", "text/plain", "hello"), 400},
	} {
		header := strings.Index(tt.body, "hello")
		for _, cut := range [][]int{{3, header}, {header - 1, header}, {7, 40, header + 1}} {
			id, at, cuts := "split", 0, append(cut, len(tt.body))
			refused := false
			h.joined++ // for a fresh Message-ID
			id += string(rune('A' + h.joined%26))
			id += string(rune('A' + h.joined/26))
			for i, end := range cuts {
				p := part{id: id, rng: rangeOf(at+1, end, len(tt.body)), body: tt.body[at:end], flag: "+"}
				if i == len(cuts)-1 {
					p.flag = "$"
				}
				want := 200
				switch {
				case refused:
					want = 413
				case end >= header:
					want, refused = tt.want, tt.want != 200
				}
				a.try(p, want)
				at = end
			}
			if tt.want == 200 {
				b.hears(tt.body)
			}
		}
	}
	quiet(t, a, b)
	conform.Covers(t, "SW-PUB-19", "CPIM-11")
}
