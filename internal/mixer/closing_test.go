package mixer_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/conform"
)

// What is on its way when a conference ends may arrive; what a leg has half sent
// when it goes reaches nobody.
func TestClosing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, pipes)
		a, b := h.join(alice, nil), h.join(bob, nil)
		half := h.join("sip:half@x.test", nil)
		slow, never := h.join(carol, func(w *wishes) { w.unbound = true }), h.join("sip:dave@x.test", func(w *wishes) { w.unbound = true })
		hear := slow.deaf()
		never.deaf()
		body := half.text(lobby, "half")
		half.try(part{id: "half", rng: rangeOf(1, 20, len(body)), body: body[:20], flag: "+"}, 200)
		half.leave()
		large := a.text(lobby, strings.Repeat("x", 100<<10))
		a.try(part{body: large}, 200)
		b.hears(large)
		h.do(conference.End{At: time.Now(), Cause: conference.EndRequested})
		a.try(part{body: a.text(lobby, "too late")}, 481)
		pause(2 * time.Second)
		hear()
		slow.hears(large)
		pause(time.Second)
		slow.try(part{body: slow.text(lobby, "too late")}, 481)
		if n := h.mixer.Legs(); n != 1 {
			t.Errorf("%d legs, want the one that reads nothing", n)
		}
		pause(3 * time.Second)
		if n := h.mixer.Legs(); n != 0 {
			t.Errorf("%d legs after the time for closing", n)
		}
		conform.Covers(t, "SW-GEN-06")
	})
}

// What a re-INVITE changes counts from the next message on.
func TestTermsChangeBetweenMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, pipes)
		a := h.join(alice, nil)
		b := h.join(bob, func(w *wishes) { w.unbound = true })
		hear := b.deaf()
		c := h.join(carol, nil) // is handed copies after bob
		large := a.text(lobby, strings.Repeat("x", 100<<10))
		a.try(part{body: large}, 200)
		c.hears(large)
		b.wishes.wrapped, b.wishes.chatroom = "text/html", ""
		b.hold("sendrecv")
		a.say("not for him")
		a.try(part{body: a.text(bob, "psst")}, 428)
		html := wrap(alice, lobby, "text/html", "x")
		a.try(part{body: html}, 200)
		hear()
		b.hears(large)
		b.hears(html)
		h.empty(a, b, c)
		conform.Covers(t, "SW-GEN-02")
	})
}
