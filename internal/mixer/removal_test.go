package mixer_test

import (
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/synctest"
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

// Who is removed while a message goes out to him gets no more of it than is on its way,
// and its end says that it was given up; what is queued behind it is dropped.
func TestRemovedWhileReceiving(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, pipes)
		a := h.join(alice, nil)
		b := h.join(bob, func(w *wishes) { w.unbound, w.agent = true, "confab/1" }) // takes chunks
		b.deaf()
		a.try(part{body: a.text(lobby, strings.Repeat("x", 200<<10))}, 200)
		a.say("behind it")
		a.try(part{body: a.text(bob, "psst")}, 200)
		if _, err := io.ReadFull(b.nc, make([]byte, 20<<10)); err != nil {
			t.Fatal(err)
		}
		h.do(conference.Remove{At: time.Now(), User: bob, Bar: true})
		synctest.Wait()
		if err := b.nc.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
			t.Fatal(err)
		}
		rest, err := io.ReadAll(b.nc)
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("connection: %v", err)
		}
		if len(rest) > 3*2048 || !strings.HasSuffix(string(rest), "#\r\n") || strings.Contains(string(rest), "MSRP ") {
			t.Errorf("%d octets more, the last %q", len(rest), rest[max(0, len(rest)-40):])
		}
		if len(a.reports) != 1 { // of the private message
			t.Errorf("%d reports", len(a.reports))
		}
		h.empty(a)
		_ = b.nc.Close()
	})
	conform.Covers(t, "SW-GEN-08")
}
