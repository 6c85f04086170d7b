package mixer_test

import (
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/msrp/msrpwire"
)

func TestPrivateMessages(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	a, b, b2 := h.join(alice, nil), h.join(bob, nil), h.join(bob, nil)
	b3 := h.join(bob, func(w *wishes) { w.chatroom = " " }) // declares no support
	blink := h.join("sip:blink@x.test", func(w *wishes) { w.chatroom, w.agent = "", "Blink Pro 5.0 (MacOS)" })
	basic := h.join("sip:basic@x.test", func(w *wishes) { w.chatroom, w.agent = "", "basic/1" })
	basic.notice("You are in the conference " + lobby + ". What you send goes to everybody in it.")
	basic.notice("In the conference: sip:alice@example.test, sip:bob@example.test, sip:blink@x.test, sip:basic@x.test")
	all := []*client{b, b2, b3, blink, basic}
	psst := a.text("sips:bob@EXAMPLE.test;transport=tcp", "psst")
	a.try(part{fields: "Success-Report: yes", body: psst}, 200)
	if wait(t, a.reports, "report").report != 200 {
		t.Error("no report")
	}
	f, f2 := b.hears(psst), b2.hears(psst)
	if f.seq != "" || f.id != f2.id || f.failure != msrpwire.FailureYes {
		t.Errorf("copy %+v", f)
	}
	a.try(part{body: a.text(blink.user, "psst")}, 200)
	blink.hears(a.text(blink.user, "psst"))
	a.try(part{body: a.text(basic.user, "psst")}, 428)
	// To oneself: the other devices.
	b.try(part{body: b.text(bob, "note")}, 200)
	b2.hears(b.text(bob, "note"))
	// Holding devices get nothing, a holding user is not available.
	b2.hold("inactive")
	a.try(part{body: a.text(bob, "one device")}, 200)
	b.hears(a.text(bob, "one device"))
	b.hold("sendonly")
	a.try(part{body: a.text(bob, "no device")}, 404)
	b.hold("sendrecv")
	b2.hold("sendrecv")
	quiet(t, a, all...)
	if posted := h.posted(); len(posted) != 1 {
		t.Errorf("posted %q", posted)
	}
	b.leave()
	b2.leave()
	a.try(part{body: a.text(bob, "left")}, 428)
	b3.leave()
	a.try(part{body: a.text(bob, "left")}, 404)
	conform.Covers(t, "SW-PRV-01", "SW-PRV-03", "SW-PRV-08", "SW-PRV-09", "SW-GEN-05", "SDP-18")
}

func TestPrivateLimits(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	a := h.join(alice, nil)
	b := h.join(bob, func(w *wishes) { w.maxSize, w.wrapped = 300, "text/plain" })
	b2 := h.join(bob, func(w *wishes) { w.maxSize, w.wrapped = 300, "text/plain text/html" })
	a.try(part{body: wrap(alice, bob, "image/png", "x")}, 415)
	a.try(part{body: wrap(alice, bob, "text/html", "x")}, 200)
	b2.hears(wrap(alice, bob, "text/html", "x"))
	a.try(part{body: a.text(bob, strings.Repeat("x", 300))}, 413)
	quiet(t, a, b, b2)
	conform.Covers(t, "SW-PRV-07")
}

// TestRepeatedNotification: what was sent again, as after a loss, is answered again, and
// goes to nobody.
func TestRepeatedNotification(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	a, b := h.join(alice, nil), h.join(bob, nil)
	b2 := h.join(bob, nil)
	notice := wrap(bob, alice, "message/imdn+xml", "<imdn/>")
	b.try(part{id: "read", body: notice}, 200)
	b2.try(part{id: "read", fields: "Success-Report: yes", body: notice}, 200)
	if wait(t, b2.reports, "report").report != 200 {
		t.Error("no report")
	}
	b.try(part{id: "read2", body: notice}, 200)
	a.hears(notice)
	a.hears(notice)
	quiet(t, b, a)
	b.try(part{id: "nobody", body: wrap(bob, "sip:nobody@x.test", "message/imdn+xml", "<imdn/>")}, 404)
	conform.Covers(t, "SW-PUB-13", "IMDN-03")
}

// TestOneDevice: the address of one device (a GRUU) means that one, as long as it is there.
func TestOneDevice(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	a := h.join(alice, nil)
	at := func(gr string) *client {
		return h.join(bob, func(w *wishes) { w.features = "<" + bob + ";gr=" + gr + ">;+sip.instance=\"<x>\" *;+g.other" })
	}
	phone, tablet, none := at("urn:uuid:1"), at("urn:uuid:2"), h.join(bob, nil)
	whisper := func(gr string, listeners ...*client) {
		t.Helper()
		body := a.text(bob+gr, gr)
		a.try(part{body: body}, 200)
		for _, l := range listeners {
			l.hears(body)
		}
	}
	whisper(";gr=urn:uuid:1", phone)
	whisper(";transport=tcp;gr=urn:uuid:2", tablet)
	whisper(";gr=urn:uuid:3", phone, tablet, none) // nobody knows that one
	whisper(";gr", phone, tablet, none)
	whisper("", phone, tablet, none)
	phone.try(part{body: phone.text(bob+";gr=urn:uuid:1", "note")}, 404) // there is no other one
	phone.try(part{body: phone.text(bob+";gr=urn:uuid:2", "note")}, 200)
	tablet.hears(phone.text(bob+";gr=urn:uuid:2", "note"))
	// A device in hold is not stood in for by another.
	tablet.hold("inactive")
	a.try(part{body: a.text(bob+";gr=urn:uuid:2", "psst")}, 404)
	tablet.leave()
	whisper(";gr=urn:uuid:2", phone, none)
	quiet(t, a, phone, none)
	conform.Covers(t, "SW-PRV-05")
}
