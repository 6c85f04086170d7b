package mixer_test

import (
	"errors"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/internal/mixer"
	"github.com/confab-chat/confab/msrp"
)

// Whoever is removed is out at once: what he has half sent is gone.
func TestRemoved(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	a, b, c := h.join(alice, nil), h.join(bob, nil), h.join(carol, nil)
	body := c.text(lobby, "never to be heard")
	c.try(part{id: "half", rng: rangeOf(1, 30, len(body)), body: body[:30], flag: "+"}, 200)
	h.do(conference.Remove{At: time.Now(), User: carol, Bar: true})
	c.put(part{id: "half", fields: "Success-Report: yes", rng: rangeOf(31, len(body), len(body)), body: body[30:]})
	c.status(481)
	c.try(part{body: c.text(lobby, "x")}, 481)
	c.try(part{empty: true}, 481)
	a.try(part{body: a.text(carol, "are you there")}, 404)
	quiet(t, a, b)
	if n := len(c.copies) + len(c.reports); n > 0 {
		t.Errorf("%d messages to who was removed", n)
	}
	if n := h.mixer.Legs(); n != 2 {
		t.Errorf("%d legs", n)
	}
	conform.Covers(t, "SW-GEN-08", "MIX-05")
}

// Recipients are those who are in when the message is complete.
func TestLateComer(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	a, b := h.join(alice, nil), h.join(bob, nil)
	body := a.text(lobby, "in two parts")
	a.try(part{id: "two", rng: rangeOf(1, 50, len(body)), body: body[:50], flag: "+"}, 200)
	c := h.join(carol, nil)
	b.leave()
	a.try(part{id: "two", rng: rangeOf(51, len(body), len(body)), body: body[50:]}, 200)
	c.hears(body)
	quiet(t, a, c)
	if len(b.copies) > 0 {
		t.Error("who left got it")
	}
	conform.Covers(t, "SW-GEN-10")
}

func TestReserveAndClose(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(b *blueprint) { b.mixer.MaxLegs = 3 })
	a, b := h.join(alice, nil), h.join(bob, nil)
	again, err := h.mixer.Reserve(mixer.LegRequest{Instance: h.inst, Endpoint: a.id})
	if err != nil || again != a.leg || h.mixer.Legs() != 2 {
		t.Errorf("reserved again: %v, %d legs", err, h.mixer.Legs())
	}
	c := h.join(carol, func(w *wishes) { w.outside, w.unbound = true, true })
	if _, err := h.mixer.Reserve(mixer.LegRequest{Instance: h.inst, Endpoint: "one more"}); !errors.Is(err, mixer.ErrFull) {
		t.Errorf("one leg too many: %v", err)
	}
	for range 2 {
		c.leg.Close()
	}
	c.leave()
	if n := h.mixer.Legs(); n != 2 {
		t.Errorf("%d legs", n)
	}
	if _, _, err := c.leg.Answer(c.description()); !errors.Is(err, msrp.ErrClosed) {
		t.Errorf("answer of a closed leg: %v", err)
	}
	if _, err := c.leg.Offer(); !errors.Is(err, msrp.ErrClosed) {
		t.Errorf("offer of a closed leg: %v", err)
	}
	b.leg.Close() // before its departure is told
	a.say("to nobody")
	h.do(conference.End{At: time.Now()})
	if n := h.mixer.Legs(); n != 0 {
		t.Errorf("%d legs after the end", n)
	}
	a.try(part{body: a.text(lobby, "x")}, 481)
	if _, err := h.mixer.Reserve(mixer.LegRequest{Instance: h.inst, Endpoint: "late"}); !errors.Is(err, instance.ErrEnded) {
		t.Errorf("leg of an ended conference: %v", err)
	}
	conform.Covers(t, "MIX-01")
}
