package mixer_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/conform"
)

// What one recipient answers concerns his leg alone, and no more of it than it says: a
// refused type is not sent to him again and everything else is, a refused message counts
// as received, and an unknown session is a loss.
func TestAnswersOfRecipients(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, func(b *blueprint) {
			pipes(b)
			keeping(b)
		})
		a, b, c := h.join(alice, nil), h.join(bob, nil), h.join(carol, nil)
		b.mute.Store(true)
		image := wrap(alice, lobby, "image/png", "\x89PNG")
		refuse := func(body string, status int) {
			t.Helper()
			a.try(part{body: body}, 200)
			c.hears(body)
			b.answer(b.hears(body), status)
			synctest.Wait()
		}
		refuse(image, 415)
		a.try(part{body: image}, 200)
		c.hears(image)
		for _, status := range []int{413, 403, 400, 404, 501, 500, 299} {
			refuse(a.text(lobby, "refused"), status)
		}
		html := wrap(alice, lobby, "text/html", "<p>")
		refuse(html, 200)
		a.try(part{body: wrap(alice, bob, "IMAGE/PNG;x=y", "\x89PNG")}, 415) // nobody takes it
		if len(h.events) > 0 {
			t.Errorf("%+v", <-h.events)
		}
		refuse(a.text(lobby, "where"), 506)
		if e, ok := (<-h.events).(conference.LegLost); !ok || e.Endpoint != b.id {
			t.Fatalf("%+v", e)
		}
		a.say("missed")
		c.hears(a.text(lobby, "missed"))
		b.mute.Store(false)
		b.move()
		b.hold("sendrecv")
		b.dial()
		b.bind()
		b.recalls(a.text(lobby, "missed"))
		quiet(t, a, b, c)
		if n := len(a.reports) + len(a.responses) + len(a.copies); n > 0 {
			t.Errorf("the sender hears %d times of it", n)
		}
		conform.Covers(t, "SW-PRV-07", "SW-RPT-02", "SW-RPT-04", "MSRP-RSP-08", "MSRP-RSP-09", "MSRP-RSP-11")
	})
}

// A leg that is behind with its answers lives as long as any come, and ends when none
// has come for 30 seconds.
func TestAnswersComeLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, pipes)
		a, b := h.join(alice, nil), h.join(bob, nil)
		b.mute.Store(true)
		var copies []frame
		for range 5 {
			a.say("hello")
			copies = append(copies, b.hears(a.text(lobby, "hello")))
		}
		for _, f := range copies[:4] {
			pause(20 * time.Second)
			b.answer(f, 200)
		}
		synctest.Wait()
		if len(h.events) > 0 {
			t.Fatalf("%+v", <-h.events)
		}
		begin := time.Now()
		if e, ok := (<-h.events).(conference.LegLost); !ok || e.Endpoint != b.id {
			t.Errorf("%+v", e)
		}
		if after := time.Since(begin); after < 29*time.Second || after > 32*time.Second {
			t.Errorf("lost after %v without answer", after)
		}
		conform.Covers(t, "SW-RPT-04")
	})
}

// As many copies are under way to a leg as it has not answered, 1,024 at most.
func TestWindowOfLeg(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, pipes)
		a, b := h.join(alice, nil), h.join(bob, nil)
		b.mute.Store(true)
		for range 1030 {
			a.say("x")
		}
		synctest.Wait()
		if n := len(b.copies); n != 1024 {
			t.Fatalf("%d copies are unanswered", n)
		}
		b.answer(<-b.copies, 200)
		synctest.Wait()
		if n := len(b.copies); n != 1024 {
			t.Errorf("%d copies are unanswered", n)
		}
		h.empty(a, b)
		conform.Covers(t, "MSRP-SND-11")
	})
}
