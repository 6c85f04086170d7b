package mixer_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/msrp"
)

// Who reads nothing is cut when his output is full, and nobody waits for him.
func TestSlowReceiver(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	a, b := h.join(alice, nil), h.join(bob, nil)
	slow := h.join(carol, func(w *wishes) { w.unbound = true })
	slow.nc = h.open()
	slow.put(part{empty: true}) // and never reads the answer
	body := a.text(lobby, strings.Repeat("x", 15<<10))
	cut := false
	for i := 0; !cut; i++ {
		if i == 3000 {
			t.Fatal("never cut")
		}
		a.try(part{body: body}, 200)
		b.hears(body)
		select {
		case err := <-slow.lost:
			if !errors.Is(err, msrp.ErrQueueFull) {
				t.Errorf("cut for %v", err)
			}
			cut = true
		default:
		}
	}
	slow.leave()
	quiet(t, a, b)
	conform.Covers(t, "SW-RPT-05")
}

// What a client that has not connected cannot hold is dropped; he stays.
func TestSlowToConnect(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	a, b := h.join(alice, nil), h.join(bob, nil)
	late := h.join(carol, func(w *wishes) { w.unbound = true })
	large := a.text(lobby, strings.Repeat("x", 40<<10))
	for range 3 {
		a.try(part{body: large}, 200)
		b.hears(large)
	}
	a.try(part{body: a.text(carol, "psst")}, 200)
	late.dial()
	late.put(part{empty: true}) // its answer comes with what was held
	late.status(200)
	late.hears(large)
	late.hears(a.text(carol, "psst"))
	a.say("more")
	late.notice("2 messages did not reach you.")
	late.hears(a.text(lobby, "more"))
	b.hears(a.text(lobby, "more"))
	quiet(t, a, b, late)
	if len(late.lost) > 0 {
		t.Error("given up")
	}
}
