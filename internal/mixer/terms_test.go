package mixer_test

import (
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/conform"
)

// What a leg does not take is left out, and the sender is not told.
func TestLeftOut(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	a, b := h.join(alice, nil), h.join(bob, nil)
	bare := h.join(carol, func(w *wishes) { w.wrapped = "" }) // text is what everybody reads
	images := h.join("sip:dave@x.test", func(w *wishes) { w.types, w.wrapped = "message/cpim image/*", "" })
	star := h.join("sip:erin@x.test", func(w *wishes) { w.types, w.wrapped = "*", "" })
	small := h.join("sip:frank@x.test", func(w *wishes) { w.maxSize = 200 })
	takes := map[*client]string{
		b: "text/plain text/html image/png Image/GIF;x=y", star: "text/plain text/html image/png Image/GIF;x=y",
		bare: "text/plain text/html", images: "image/png Image/GIF;x=y", small: "text/plain text/html image/png Image/GIF;x=y",
	}
	for _, kind := range []string{"text/plain", "text/html", "image/png", "Image/GIF;x=y"} {
		body := wrap(alice, lobby, kind, "x")
		a.try(part{body: body}, 200)
		for c, types := range takes {
			if strings.Contains(types, kind) {
				c.hears(body)
			}
		}
	}
	large := a.text(lobby, strings.Repeat("x", 200))
	a.try(part{body: large}, 200)
	for _, c := range []*client{b, star, bare} {
		c.hears(large)
	}
	a.say("the end")
	for c := range takes {
		if c != images {
			c.hears(a.text(lobby, "the end"))
		}
	}
	last := wrap(alice, lobby, "image/png", "the end")
	a.try(part{body: last}, 200)
	images.hears(last)
	conform.Covers(t, "SW-PUB-16", "SW-PUB-17", "SW-PUB-18")
}

func TestHold(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	a, b := h.join(alice, nil), h.join(bob, nil)
	for _, tt := range []struct {
		direction   string
		says, hears bool
	}{
		{"sendonly", true, false}, {"inactive", false, false}, {"recvonly", false, true}, {"sendrecv", true, true},
	} {
		room := b.room
		b.hold(tt.direction)
		if b.room != room {
			t.Errorf("%s: new session", tt.direction)
		}
		a.say(tt.direction)
		if tt.hears {
			b.hears(a.text(lobby, tt.direction))
		}
		if !tt.says {
			b.try(part{body: b.text(lobby, "x")}, 403)
			continue
		}
		b.say(tt.direction)
		a.hears(b.text(lobby, tt.direction))
	}
	quiet(t, a, b) // nothing was kept for later
	// What a re-offer declares holds from then on.
	a.try(part{body: a.text(bob, "psst")}, 200)
	b.hears(a.text(bob, "psst"))
	b.wishes.chatroom, b.wishes.wrapped = "", "text/html"
	b.hold("sendrecv")
	a.try(part{body: a.text(bob, "psst")}, 428)
	a.say("not for him")
	html := wrap(alice, lobby, "text/html", "x")
	a.try(part{body: html}, 200)
	b.hears(html)
	conform.Covers(t, "SDP-09", "SDP-19")
}

// A refresh changes nothing, not even during an upload. [SDP-22]
func TestRefresh(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	a, b := h.join(alice, nil), h.join(bob, nil)
	body := a.text(lobby, "in two parts")
	a.try(part{id: "two", rng: rangeOf(1, 20, len(body)), body: body[:20], flag: "+"}, 200)
	offer := a.description()
	a.version-- // the same again
	offer.Origin.Version--
	first, _, err := a.leg.Answer(offer)
	if err != nil {
		t.Fatal(err)
	}
	if again := a.leg.Description(); string(again.Append(nil)) != string(first.Append(nil)) {
		t.Errorf("a refresh of ours would say\n%s", again.Append(nil))
	}
	room := a.room
	a.take(first)
	if a.room != room {
		t.Errorf("path %s became %s", room, a.room)
	}
	a.try(part{id: "two", rng: rangeOf(21, len(body), len(body)), body: body[20:]}, 200)
	b.hears(body)
	conform.Covers(t, "SDP-22")
}

func TestStreamRemoved(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	a, b := h.join(alice, nil), h.join(bob, nil)
	old := b.room
	b.port = 0
	b.hold("sendrecv")
	a.say("to nobody")
	b.try(part{to: old, body: b.text(lobby, "x")}, 481)
	b.port = 2855
	b.move()
	b.hold("sendrecv")
	if b.room == old {
		t.Error("the old URI again")
	}
	b.bind()
	quiet(t, a, b)
	conform.Covers(t, "SDP-21")
}
