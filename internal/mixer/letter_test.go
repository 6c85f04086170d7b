package mixer_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/internal/conform"
)

// A private message to somebody whose connection is lost waits for him.
func TestPrivateMessageWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, func(b *blueprint) {
			pipes(b)
			remember(10, 0)(b)
		})
		a := h.join(alice, nil)
		b := h.join(bob, func(w *wishes) { w.device = "<urn:phone>" })
		b.mute.Store(true)
		a.try(part{body: a.text(bob, "heard, not answered")}, 200)
		unconfirmed := b.hears(a.text(bob, "heard, not answered"))
		_ = b.nc.Close()
		<-h.events
		a.try(part{body: a.text(bob, "while he is away"), fields: "Success-Report: yes"}, 200)
		if f := <-a.reports; f.report != 200 {
			t.Errorf("report %d", f.report)
		}
		pause(58 * time.Second)
		b = h.join(bob, func(w *wishes) { w.device = "<urn:phone>" })
		if f := b.hears(a.text(bob, "heard, not answered")); f.id != unconfirmed.id {
			t.Errorf("repeated as %s, was %s", f.id, unconfirmed.id)
		}
		b.hears(a.text(bob, "while he is away"))
		quiet(t, a, b)
		pause(2 * time.Minute)
		if len(a.reports) > 0 {
			t.Error("a report of what has arrived")
		}
		if n := len(h.posted()); n != 1 {
			t.Errorf("%d messages kept, want one", n)
		}
		h.empty(a, b)
	})
}

// What nobody came for is given up, and its sender told, if he wants to know.
func TestPrivateMessageGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, pipes)
		a, b := h.join(alice, nil), h.join(bob, nil)
		_ = b.nc.Close()
		<-h.events
		a.try(part{id: "told", body: a.text(bob, "psst")}, 200)
		a.put(part{id: "silent", body: a.text(bob, "psst"), fields: "Failure-Report: no"})
		a.try(part{id: "told-partly", body: a.text(bob, "psst")}, 200)
		if e := <-h.events; e.Kind() != "departed" {
			t.Errorf("%+v", e)
		}
		for _, id := range []string{"told", "told-partly"} {
			f := <-a.reports
			if f.report != 404 || f.id != id || f.rng.End != int64(len(a.text(bob, "psst"))) {
				t.Errorf("%+v", f)
			}
			if !strings.HasPrefix(f.body, "From: <"+alice+">\r\nTo: <"+bob+">\r\n\r\n") {
				t.Errorf("body %q", f.body)
			}
		}
		a.try(part{body: a.text(bob, "psst")}, 404)
		// Who leaves for good is not waited for.
		b = h.join(bob, nil)
		b.mute.Store(true)
		a.try(part{id: "left", body: a.text(bob, "psst")}, 200)
		b.hears(a.text(bob, "psst"))
		b.leave()
		if f := <-a.reports; f.report != 404 || f.id != "left" {
			t.Errorf("%+v", f)
		}
		pause(5 * time.Minute)
		if len(a.reports) > 0 {
			t.Error("another report")
		}
		h.empty(a)
		conform.Covers(t, "SW-PRV-06", "SW-PRV-10", "MSRP-RPT-06")
	})
}

// One device that has it is enough, and a lost one gets its copy later.
func TestPrivateMessageToTwoDevices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, pipes)
		a, b, b2 := h.join(alice, nil), h.join(bob, nil), h.join(bob, nil)
		b.mute.Store(true)
		a.try(part{body: a.text(bob, "psst")}, 200)
		b.hears(a.text(bob, "psst"))
		b2.hears(a.text(bob, "psst"))
		_ = b.nc.Close()
		<-h.events
		pause(2 * time.Minute)
		if len(a.reports) > 0 {
			t.Error("a report of what has arrived")
		}
		h.empty(a, b2)
	})
}

// A private message that two devices have not answered when both are lost in the same
// moment waits once.
func TestBothDevicesLostAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, pipes)
		a, b1, b2 := h.join(alice, nil), h.join(bob, nil), h.join(bob, nil)
		b1.mute.Store(true)
		b2.mute.Store(true)
		body := a.text(bob, "psst")
		a.try(part{id: "waits", body: body}, 200)
		b1.hears(body)
		b2.hears(body)
		_, _ = b1.nc.Close(), b2.nc.Close()
		synctest.Wait()
		b := h.join(bob, nil)
		b.hears(body)
		h.empty(b)
	})
}

// What waits goes to a session that shows private messages and takes the type.
func TestPrivateMessageWaitsForTheRightDevice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, pipes)
		a, b := h.join(alice, nil), h.join(bob, nil)
		_ = b.nc.Close()
		<-h.events
		text, image := a.text(bob, "psst"), wrap(a.user, bob, "image/png", "\x89PNG")
		a.try(part{id: "text", body: text}, 200)
		a.try(part{id: "image", body: image}, 200)
		plain := h.join(bob, func(w *wishes) { w.chatroom = "nickname" })
		synctest.Wait()
		reader := h.join(bob, func(w *wishes) { w.wrapped = "text/plain" })
		reader.hears(text)
		h.empty(plain, reader)
		if f := wait(t, a.reports, "report"); f.report != 404 || f.id != "image" {
			t.Errorf("%d of %s", f.report, f.id)
		}
		conform.Covers(t, "SW-PRV-10")
	})
}

// A message that comes again after a failure was delivered already.
func TestPrivateMessageRepeated(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	a, a2, b := h.join(alice, nil), h.join(alice, nil), h.join(bob, nil)
	a.try(part{id: "once", body: a.text(bob, "psst")}, 200)
	a.try(part{id: "once", body: a.text(bob, "psst")}, 200)
	a2.try(part{id: "once", body: a.text(bob, "psst"), fields: "Success-Report: yes"}, 200)
	if f := wait(t, a2.reports, "report"); f.report != 200 {
		t.Errorf("%+v", f)
	}
	b.hears(a.text(bob, "psst"))
	a.try(part{id: "refused", body: a.text("sip:later@x.test", "psst")}, 404)
	later := h.join("sip:later@x.test", nil)
	a2.try(part{id: "refused", body: a.text(later.user, "psst")}, 200)
	later.hears(a.text(later.user, "psst"))
	a.try(part{id: "public", body: a.text(lobby, "all")}, 200)
	a2.try(part{id: "public", body: a.text(lobby, "all")}, 200)
	a2.hears(a.text(lobby, "all"))
	b.hears(a.text(lobby, "all"))
	later.hears(a.text(lobby, "all"))
	quiet(t, a, b, later)
	conform.Covers(t, "SW-PUB-13")
}

// With the switch the sender's other devices see what he wrote.
func TestPrivateCopies(t *testing.T) {
	t.Parallel()
	for _, on := range []bool{false, true} {
		h := newHouse(t, func(b *blueprint) { b.mixer.PrivateCopies = on })
		a, a2, b := h.join(alice, nil), h.join(alice, nil), h.join(bob, nil)
		a3 := h.join(alice, func(w *wishes) { w.chatroom = " " }) // shows no private messages
		a.try(part{body: a.text(bob, "psst")}, 200)
		b.hears(a.text(bob, "psst"))
		if on {
			a2.hears(a.text(bob, "psst"))
		}
		a.try(part{body: a.text(alice, "note")}, 200)
		a2.hears(a.text(alice, "note"))
		quiet(t, a, a2, a3, b)
	}
	conform.Covers(t, "SW-PRV-08")
}

// With the switch off a sender's other devices do not hear him.
func TestOwnDevices(t *testing.T) {
	t.Parallel()
	for _, history := range []bool{false, true} {
		h := newHouse(t, func(b *blueprint) {
			b.mixer.OwnDevicesOff = true
			if history {
				keeping(b)
			}
		})
		a, a2, b := h.join(alice, nil), h.join(alice, nil), h.join(bob, nil)
		a.say("to others")
		b.hears(a.text(lobby, "to others"))
		quiet(t, b, a2, a)
	}
	conform.Covers(t, "SW-PUB-05")
}
