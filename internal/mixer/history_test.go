package mixer_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/msrp"
)

// remember makes a conference keep so many messages and show so many.
func remember(keep, replay int) func(*blueprint) {
	return func(b *blueprint) { b.policy.History = conference.History{Keep: keep, Replay: replay} }
}

// Where the history begins behind what a leg has, it gets what is left, after one notice
// that says how much is not, as far as anybody knows.
func TestReturnBehindTheGap(t *testing.T) {
	t.Parallel()
	for name, back := range map[string]func(h *house, b *client) *client{
		"same leg": func(_ *house, b *client) *client {
			b.move()
			b.hold("sendrecv")
			b.dial()
			b.bind()
			return b
		},
		"new leg": func(h *house, _ *client) *client { return h.join(bob, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, func(b *blueprint) {
				keeping(b)
				b.mixer.HistoryOctets = 64 << 10
			})
			a, b := h.join(alice, nil), h.join(bob, nil)
			a.say("first")
			b.hears(a.text(lobby, "first"))
			b.probe() // the answer has arrived
			_ = b.nc.Close()
			wait(t, h.events, "loss")
			const n = 100
			text := func(i int) string { return fmt.Sprint(i, strings.Repeat("x", 1000)) }
			for i := range n {
				a.say(text(i))
			}
			b = back(h, b)
			left := (64 << 10) / len(a.text(lobby, text(50)))
			notice := fmt.Sprintf("%d messages did not reach you.", n-left)
			if name == "new leg" {
				notice = "Some messages that were sent while you were away are no longer available."
			}
			b.notice(notice)
			for i := n - left; i < n; i++ {
				b.recalls(a.text(lobby, text(i)))
			}
			quiet(t, a, b)
		})
	}
	conform.Covers(t, "SW-HIS-04", "SW-FLOW-02")
}

// recalls expects messages of the past, in their order.
func (c *client) recalls(bodies ...string) (frames []frame) {
	c.house.t.Helper()
	for _, body := range bodies {
		f := c.hears(body)
		if f.history != "yes" {
			c.house.t.Errorf("%s: %.300q is not marked as history", c.id, body)
		}
		frames = append(frames, f)
	}
	return frames
}

// Who comes later sees the last messages as they were, and then what is said.
func TestReplay(t *testing.T) {
	t.Parallel()
	h := newHouse(t, remember(4, 3))
	a, b := h.join(alice, nil), h.join(bob, nil)
	live := make([]frame, 5)
	for i := range live {
		a.say(fmt.Sprint("message ", i))
		live[i] = b.hears(a.text(lobby, fmt.Sprint("message ", i)))
		if live[i].history != "" || live[i].seq == "" {
			t.Errorf("live copy %+v", live[i])
		}
	}
	// Nothing of this is for anybody's later eyes.
	a.try(part{body: a.text(bob, "psst")}, 200)
	a.try(part{body: wrap(alice, lobby, "application/im-iscomposing+xml", "<isComposing/>")}, 200)
	a.try(part{body: wrap(alice, bob, "message/imdn+xml", "<imdn/>")}, 200)
	a.try(part{body: wrap(alice, lobby, "message/imdn+xml", "<imdn/>")}, 200)
	a.try(part{body: a.text(lobby, "?OTRv3?")}, 200)
	a.try(part{body: wrap(bob, lobby, "text/plain", "forged")}, 403)
	late := h.join(carol, nil)
	for i, f := range late.recalls(a.text(lobby, "message 2"), a.text(lobby, "message 3"), a.text(lobby, "message 4")) {
		if f.id != live[i+2].id || f.seq != live[i+2].seq || f.failure != live[i+2].failure {
			t.Errorf("replayed %+v, live %+v", f, live[i+2])
		}
	}
	// What the newcomer has said himself belongs to it, on another device.
	tablet := h.join(alice, nil)
	tablet.recalls(a.text(lobby, "message 2"), a.text(lobby, "message 3"), a.text(lobby, "message 4"))
	// A client that takes little is replayed little.
	small := h.join("sip:small@x.test", func(w *wishes) { w.wrapped, w.maxSize = "text/plain", 100 })
	a.say("now")
	for _, c := range []*client{late, tablet} {
		if f := c.hears(a.text(lobby, "now")); f.history != "" {
			t.Error("live copy marked as history")
		}
	}
	if len(small.copies) > 0 {
		t.Error("too large a message was replayed")
	}
	conform.Covers(t, "SW-HIS-01", "SW-HIS-02", "SW-HIS-03", "COMP-04")
}

// A device that is back gets what it has not confirmed, once.
func TestReturn(t *testing.T) {
	t.Parallel()
	for name, back := range map[string]func(h *house, b *client) *client{
		"new call in the place of the old": func(h *house, _ *client) *client {
			return h.join(bob, func(w *wishes) { w.device = "<urn:phone>" })
		},
		"call after leaving": func(h *house, b *client) *client {
			b.leave()
			return h.join(bob, func(w *wishes) { w.device = "<urn:phone>" })
		},
		"device without a name": func(h *house, _ *client) *client {
			return h.join(bob, nil)
		},
		"new path in the same call": func(_ *house, b *client) *client {
			b.mute.Store(false)
			b.move()
			b.hold("sendrecv")
			b.dial()
			b.bind()
			return b
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, remember(200, 1))
			a := h.join(alice, nil)
			b := h.join(bob, func(w *wishes) { w.device = "<urn:phone>" })
			other := h.join(bob, func(w *wishes) { w.device = "<urn:tablet>" })
			a.say("answered")
			b.hears(a.text(lobby, "answered"))
			b.probe() // the answer has arrived
			b.say("his own")
			b.mute.Store(true)
			a.say("heard, not answered")
			b.hears(a.text(lobby, "heard, not answered"))
			_ = b.nc.Close()
			wait(t, h.events, "loss")
			for i := range 150 {
				a.say(fmt.Sprint("missed ", i))
			}
			again := back(h, b)
			again.recalls(a.text(lobby, "heard, not answered"))
			for i := range 150 {
				again.recalls(a.text(lobby, fmt.Sprint("missed ", i)))
			}
			a.say("live")
			if f := again.hears(a.text(lobby, "live")); f.history != "" {
				t.Error("marked as history")
			}
			for range 154 {
				wait(t, other.copies, "copy for the other device")
			}
			quiet(t, a, again, other)
			conform.Covers(t, "SW-RPT-06", "SW-HIS-04", "MSRP-CON-15")
		})
	}
}

// What has fallen out of the history is gone, and the participant is told so.
func TestReturnTooLate(t *testing.T) {
	t.Parallel()
	h := newHouse(t, remember(5, 2))
	a := h.join(alice, nil)
	b := h.join(bob, nil)
	a.say("heard")
	b.hears(a.text(lobby, "heard"))
	b.probe()
	b.leave()
	for i := range 8 {
		a.say(fmt.Sprint("missed ", i))
	}
	again := h.join(bob, nil)
	again.notice("Some messages that were sent while you were away are no longer available.")
	for i := 3; i < 8; i++ {
		again.recalls(a.text(lobby, fmt.Sprint("missed ", i)))
	}
	// Who was removed and comes again is a newcomer.
	h.do(conference.Remove{At: time.Now(), User: bob})
	b = h.join(bob, nil)
	b.recalls(a.text(lobby, "missed 6"), a.text(lobby, "missed 7"))
	quiet(t, a, b)
}

// Both sessions of a participant on the move are cut.
func TestReturnAfterMove(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, func(b *blueprint) {
			pipes(b)
			remember(100, 0)(b)
		})
		a, b := h.join(alice, nil), h.join(bob, nil)
		b.mute.Store(true)
		a.say("one")
		b.hears(a.text(lobby, "one"))
		b.move()
		b.hold("sendrecv") // and never connects
		a.say("two")
		_ = b.nc.Close()
		a.say("three")
		if err := <-b.lost; !errors.Is(err, msrp.ErrUnbound) {
			t.Errorf("lost for %v", err)
		}
		b.leave()
		again := h.join(bob, nil)
		again.recalls(a.text(lobby, "one"), a.text(lobby, "two"), a.text(lobby, "three"))
		quiet(t, a, again)
		again.leave()
		a.leave()
	})
}

// A participant moves, and moves again before he connects: what the first session
// left unconfirmed comes on the third.
func TestReturnAfterTwoMoves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, func(b *blueprint) {
			pipes(b)
			remember(100, 0)(b)
		})
		a, b := h.join(alice, nil), h.join(bob, nil)
		b.mute.Store(true)
		a.say("one")
		b.hears(a.text(lobby, "one"))
		a.try(part{body: a.text(bob, "psst")}, 200)
		b.hears(a.text(bob, "psst"))
		for range 2 {
			b.move()
			b.hold("sendrecv")
		}
		_ = b.nc.Close()
		b.mute.Store(false)
		b.dial()
		b.bind()
		b.hears(a.text(bob, "psst"))
		b.recalls(a.text(lobby, "one"))
		quiet(t, a, b)
		b.leave()
		a.leave()
		conform.Covers(t, "SW-RPT-06")
	})
}

// Messages that are too old are not shown to newcomers.
func TestHistoryAges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, func(b *blueprint) {
			pipes(b)
			b.policy.History = conference.History{Keep: 10, Replay: 10, MaxAge: time.Hour}
		})
		a := h.join(alice, nil)
		a.say("old")
		pause(45 * time.Minute)
		a.say("young")
		pause(30 * time.Minute)
		b := h.join(bob, nil)
		b.recalls(a.text(lobby, "young"))
		quiet(t, a, b)
		b.leave()
		a.leave()
	})
}

// Nor does who was lost get them when he comes back.
func TestMissedMessagesAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, func(b *blueprint) {
			pipes(b)
			b.policy.History = conference.History{Keep: 10, Replay: 10, MaxAge: 30 * time.Second}
		})
		a, b := h.join(alice, nil), h.join(bob, nil)
		a.say("heard")
		b.hears(a.text(lobby, "heard"))
		synctest.Wait() // his answer has arrived
		_ = b.nc.Close()
		<-h.events
		a.say("old")
		pause(25 * time.Second)
		a.say("young")
		pause(10 * time.Second)
		b.move()
		b.hold("sendrecv")
		b.dial()
		b.bind()
		b.recalls(a.text(lobby, "young"))
		quiet(t, a, b)
		h.empty(a, b)
		conform.Covers(t, "SW-HIS-04")
	})
}

// Clients that show history only of those who are in their roster get it first.
func TestRosterBeforeHistory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, func(b *blueprint) {
			pipes(b)
			remember(10, 10)(b)
		})
		a := h.join(alice, nil)
		a.say("before")
		b := h.join(bob, func(w *wishes) { w.chatroom, w.agent = "", "Blink Pro 5.0 (MacOS)" })
		a.say("meanwhile")
		pause(time.Second)
		a.try(part{body: a.text(bob, "psst")}, 200)
		b.hears(a.text(bob, "psst"))
		pause(500 * time.Millisecond)
		if len(b.copies) > 0 {
			t.Error("history at once")
		}
		pause(time.Second)
		b.recalls(a.text(lobby, "before"))
		b.hears(a.text(lobby, "meanwhile"))
		quiet(t, a, b)
		b.leave()
		// The roster may be there sooner, before or after the connection.
		for _, unbound := range []bool{false, true} {
			b = h.join(bob, func(w *wishes) {
				w.chatroom, w.agent, w.device, w.unbound = "", "Blink Pro 5.0 (MacOS)", fmt.Sprint(unbound), unbound
			})
			h.mixer.RosterTold(lobby, bob)
			if unbound {
				b.dial()
				b.bind()
			}
			begin := time.Now()
			b.recalls(a.text(lobby, "before"))
			if after := time.Since(begin); after > 100*time.Millisecond {
				t.Errorf("history after %v", after)
			}
			b.leave()
		}
		a.leave()
	})
}

// A receiver whose connection breaks again and again ends with every message,
// each once and all in their order.
func TestExactlyOnce(t *testing.T) {
	t.Parallel()
	const messages, breaks = 2000, 500
	h := newHouse(t, remember(messages, 0))
	a := h.join(alice, nil)
	random := rand.New(rand.NewPCG(1, 2))
	b := h.join(bob, func(w *wishes) { w.device = "<urn:phone>" })
	go func() {
		for i := range messages {
			a.put(part{body: a.text(lobby, fmt.Sprint(i))})
			wait(t, a.responses, "response")
		}
	}()
	got := make(map[string]bool)
	next := 0
	take := func(f frame) {
		if got[f.id] {
			return // sent again because its answer was lost
		}
		got[f.id] = true
		if want := a.text(lobby, fmt.Sprint(next)); f.body != want {
			t.Fatalf("number %d is %.200q", next, f.body)
		}
		next++
	}
	for broken := 0; next < messages; {
		take(wait(t, b.copies, "copy"))
		if broken == breaks || random.IntN(messages/breaks) > 0 {
			continue
		}
		broken++
		_ = b.nc.Close()
		<-b.ended
		for len(b.copies) > 0 {
			take(<-b.copies)
		}
		if random.IntN(2) == 0 {
			b.leave()
		}
		b = h.join(bob, func(w *wishes) { w.device = "<urn:phone>" })
	}
	conform.Covers(t, "SW-HIS-02", "SW-RPT-06")
}

// A conference may begin to keep history, and stop, while people talk.
func TestHistorySwitched(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	a, b := h.join(alice, nil), h.join(bob, nil)
	for round, keep := range []int{0, 5, 0, 3} {
		policy := conference.DefaultPolicy()
		policy.History = conference.History{Keep: keep, Replay: keep}
		h.do(conference.Change{At: time.Now(), Policy: &policy})
		for i := range 10 {
			a.say(fmt.Sprint(keep, i))
			b.hears(a.text(lobby, fmt.Sprint(keep, i)))
		}
		late := h.join(fmt.Sprintf("sip:late%d@x.test", round), nil)
		for i := 10 - keep; i < 10; i++ {
			late.recalls(a.text(lobby, fmt.Sprint(keep, i)))
		}
		quiet(t, a, b, late)
		late.leave()
	}
}
