package mixer_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/msrp/msrpwire"
)

// composes is a composing indication of the client.
func (c *client) composes(to, state string) string {
	return wrap(c.user, to, "application/im-iscomposing+xml", "<isComposing><state>"+state+"</state></isComposing>")
}

func TestComposing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, func(b *blueprint) {
			pipes(b)
			b.mixer.ComposingPerSecond = 1
		})
		a, b := h.join(alice, nil), h.join(bob, nil)
		without := h.join(carol, func(w *wishes) { w.wrapped = "text/plain" })
		held := h.join("sip:dave@x.test", func(w *wishes) { w.direction = "sendonly" })
		a.put(part{fields: "Failure-Report: no", body: a.composes(lobby, "active")})
		if f := b.hears(a.composes(lobby, "active")); f.failure != msrpwire.FailureNo || f.seq != "" {
			t.Errorf("copy %+v", f)
		}
		b.try(part{body: b.composes(lobby, "active")}, 200) // each sender has his own second
		a.hears(b.composes(lobby, "active"))
		pause(time.Second)
		a.try(part{body: a.composes(bob, "active")}, 200)
		if f := b.hears(a.composes(bob, "active")); f.failure != msrpwire.FailureNo {
			t.Errorf("copy %+v", f)
		}
		quiet(t, a, b, without)
		if posted := h.posted(); len(posted) != 1 || len(held.copies) > 0 {
			t.Errorf("posted %q, %d copies to one who holds", posted, len(held.copies))
		}
		h.empty(a, b, without, held)
		conform.Covers(t, "COMP-03", "COMP-04")
	})
}

// Of too many indications the last one counts.
func TestComposingPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, func(b *blueprint) {
			pipes(b)
			b.mixer.ComposingPerSecond = 1
		})
		a, b := h.join(alice, nil), h.join(bob, nil)
		for range 3 {
			a.try(part{body: a.composes(lobby, "active")}, 200)
			b.hears(a.composes(lobby, "active"))
			begin := time.Now()
			a.try(part{body: a.composes(lobby, "idle")}, 200)
			a.try(part{body: a.composes(lobby, "active")}, 200)
			a.try(part{body: a.composes(lobby, "idle")}, 200)
			b.hears(a.composes(lobby, "idle"))
			if after := time.Since(begin); after != time.Second {
				t.Errorf("the last one after %v", after)
			}
			pause(time.Second)
		}
		// The message itself says that nobody writes it any more.
		a.try(part{body: a.composes(lobby, "active")}, 200)
		b.hears(a.composes(lobby, "active"))
		a.try(part{body: a.composes(lobby, "waits")}, 200)
		a.say("done")
		b.hears(a.text(lobby, "done"))
		pause(2 * time.Second)
		quiet(t, a, b)
		// To nobody, and from somebody who has left.
		a.try(part{body: a.composes("sip:nobody@x.test", "active")}, 404)
		a.try(part{body: a.composes(lobby, "active")}, 200)
		b.hears(a.composes(lobby, "active"))
		a.try(part{body: a.composes(lobby, "waits")}, 200)
		a.leave()
		pause(2 * time.Second)
		quiet(t, b)
		h.empty(b)
		conform.Covers(t, "COMP-05")
	})
}

// empty has the clients leave, so that no timer is left.
func (h *house) empty(clients ...*client) {
	for _, c := range clients {
		c.leave()
	}
}

// What waits for one is not lost over what is for another, and a message takes back only
// what those saw to whom it goes.
func TestComposingToSeveral(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, func(b *blueprint) {
			pipes(b)
			b.mixer.ComposingPerSecond = 1
		})
		a, b, c := h.join(alice, nil), h.join(bob, nil), h.join(carol, nil)
		a.try(part{body: a.composes(lobby, "active")}, 200)
		b.hears(a.composes(lobby, "active"))
		c.hears(a.composes(lobby, "active"))
		a.try(part{body: a.composes(lobby, "idle")}, 200)
		a.try(part{body: a.composes(bob, "active")}, 200)
		a.try(part{body: a.composes(carol, "active")}, 200)
		a.try(part{body: a.composes("sips:bob@EXAMPLE.test", "idle")}, 200)
		a.try(part{body: a.text(carol, "psst")}, 200)
		c.hears(a.text(carol, "psst")) // who is shown as writing no more
		pause(time.Minute)
		b.hears(a.composes(lobby, "idle"))
		c.hears(a.composes(lobby, "idle"))
		b.hears(a.composes("sips:bob@EXAMPLE.test", "idle"))
		quiet(t, a, b, c)
		h.empty(a, b, c)
	})
	conform.Covers(t, "COMP-05")
}
