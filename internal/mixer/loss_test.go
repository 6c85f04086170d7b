package mixer_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/msrp"
)

func pipes(b *blueprint) { b.pipes = true }

// A session that nobody connects to within 30 seconds takes its dialog along.
func TestNeverBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, pipes)
		a := h.join(alice, nil)
		early := h.join(carol, func(w *wishes) { w.unbound, w.outside = true, true })
		b := h.join(bob, func(w *wishes) { w.unbound = true })
		begin := time.Now()
		if err := <-b.lost; !errors.Is(err, msrp.ErrUnbound) {
			t.Errorf("lost for %v", err)
		}
		if after := time.Since(begin); after < 30*time.Second || after > 31*time.Second {
			t.Errorf("lost after %v", after)
		}
		b.leave()
		// The time runs from the confirmation of the dialog.
		begin = time.Now()
		early.connect()
		if err := <-early.lost; !errors.Is(err, msrp.ErrUnbound) {
			t.Errorf("lost for %v", err)
		}
		if after := time.Since(begin); after < 30*time.Second {
			t.Errorf("lost after %v", after)
		}
		early.leave()
		a.probe()
		a.leave()
		conform.Covers(t, "MSRP-CON-14")
	})
}

// A lost connection is waited for; a new path brings the leg back.
func TestLossAndReturn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, pipes)
		a, b := h.join(alice, nil), h.join(bob, nil)
		old := b.room
		_ = b.nc.Close()
		if e := <-h.events; e.Kind() != conference.KindLegLost {
			t.Fatal(e.Kind())
		}
		b.dial()
		b.try(part{to: old, body: b.text(lobby, "x")}, 481) // it has failed for good
		_ = b.nc.Close()
		a.say("while he is away")
		a.try(part{body: a.text(bob, "psst")}, 200) // kept for him
		pause(59 * time.Second)
		b.move()
		b.hold("sendrecv")
		if b.room == old {
			t.Error("the old URI again")
		}
		b.dial()
		b.bind()
		if e := <-h.events; e.Kind() != conference.KindLegBack {
			t.Fatal(e.Kind())
		}
		b.hears(a.text(bob, "psst"))
		quiet(t, a, b)
		pause(2 * time.Minute)
		quiet(t, b, a)
		// A session lost and changed under the old path is a new one, too.
		_ = b.nc.Close()
		<-h.events
		old = b.room
		b.hold("recvonly")
		b.dial()
		b.bind()
		if e := <-h.events; e.Kind() != conference.KindLegBack || b.room == old {
			t.Fatal(e.Kind(), b.room)
		}
		// Nobody comes back: after the grace the endpoint is out.
		_ = b.nc.Close()
		if e := <-h.events; e.Kind() != conference.KindLegLost {
			t.Fatal(e.Kind())
		}
		begin := time.Now()
		if e := <-h.events; e.Kind() != conference.KindDeparted {
			t.Fatal(e.Kind())
		}
		if after := time.Since(begin); after != time.Minute {
			t.Errorf("out after %v", after)
		}
		if h.mixer.Legs() != 1 || len(b.lost) > 0 {
			t.Errorf("%d legs", h.mixer.Legs())
		}
		a.leave()
		conform.Covers(t, "MIX-06", "MSRP-CON-06")
	})
}

// A peer that moves keeps its old session until the new one is bound, or for
// 30 seconds.
func TestMove(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, pipes)
		a, b := h.join(alice, nil), h.join(bob, nil)
		room, path, nc := b.room, b.path, b.nc
		b.move()
		b.hold("sendrecv")
		if b.room == room {
			t.Fatal("same session")
		}
		b.try(part{to: room, path: path, body: b.text(lobby, "by the old way")}, 200)
		a.hears(b.text(lobby, "by the old way"))
		a.say("held")
		b.dial()
		b.bind()
		b.hears(a.text(lobby, "held"))
		b.nc, nc = nc, b.nc
		b.try(part{to: room, path: path, body: b.text(lobby, "too late")}, 481)
		b.nc = nc
		quiet(t, a, b)
		// The second time he does not come.
		room, path = b.room, b.path
		b.move()
		b.hold("sendrecv")
		if err := <-b.lost; !errors.Is(err, msrp.ErrUnbound) {
			t.Errorf("lost for %v", err)
		}
		synctest.Wait()
		b.try(part{to: room, path: path, body: b.text(lobby, "too late")}, 481)
		b.leave()
		a.leave()
		conform.Covers(t, "SDP-23")
	})
}

// A peer that answers nothing for 30 seconds has lost its leg; one that is
// merely slow keeps it.
func TestNoAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, pipes)
		a, slow, silent := h.join(alice, nil), h.join(bob, nil), h.join(carol, nil)
		slow.mute.Store(true)
		silent.mute.Store(true)
		for range 4 {
			a.say("hello")
			f := wait(t, slow.copies, "copy")
			pause(20 * time.Second)
			slow.answer(f, 200)
		}
		if e := <-h.events; e.Kind() != conference.KindLegLost || e.(conference.LegLost).Endpoint != silent.id { //nolint:forcetypeassert // just compared
			t.Errorf("%+v", e)
		}
		if len(h.events) > 0 {
			t.Error("another leg lost")
		}
		// An answer that says the session is not there ends it at once.
		a.say("again")
		slow.answer(wait(t, slow.copies, "copy"), 481)
		if e := <-h.events; e.Kind() != conference.KindLegLost {
			t.Errorf("%+v", e)
		}
		if len(a.reports)+len(a.responses) > 0 {
			t.Error("the sender hears of it")
		}
		conform.Covers(t, "SW-RPT-02")
	})
}
