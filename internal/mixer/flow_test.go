package mixer_test

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/mixer"
	"github.com/confab-chat/confab/msrp"
)

// deaf has the client connect and bind, and read nothing. What it returns lets
// it read.
func (c *client) deaf() (hear func()) {
	c.house.t.Helper()
	near, far := net.Pipe()
	if err := c.house.ep.ServeConn(far); err != nil {
		c.house.t.Fatal(err)
	}
	c.house.t.Cleanup(func() { _ = near.Close() })
	c.nc = near
	c.put(part{empty: true})
	synctest.Wait() // it is bound
	return func() { c.use(near); c.status(200) }
}

// Who falls behind misses nothing that the history holds, and hears it in order;
// nobody waits for him.
func TestSlowReaderReadsOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, func(b *blueprint) {
			pipes(b)
			remember(200, 0)(b)
		})
		a, b := h.join(alice, nil), h.join(bob, nil)
		slow := h.join(carol, func(w *wishes) { w.unbound = true })
		hear := slow.deaf()
		filler := strings.Repeat("x", 1000)
		begin := time.Now()
		for i := range 2000 {
			a.say(fmt.Sprint(i, filler))
			b.hears(a.text(lobby, fmt.Sprint(i, filler)))
			if i == 1000 { // goes out before the rest
				a.try(part{body: a.text(carol, "psst")}, 200)
				a.try(part{body: a.composes(lobby, "active")}, 200)
				b.hears(a.composes(lobby, "active"))
			}
		}
		if since := time.Since(begin); since != 0 {
			t.Errorf("others waited for %v", since)
		}
		hear()
		private := false
		for i := 0; i < 2000; i++ {
			f := wait(t, slow.copies, "copy")
			if f.body == a.text(carol, "psst") {
				private = true
				f = wait(t, slow.copies, "copy")
			}
			if f.body != a.text(lobby, fmt.Sprint(i, filler)) {
				t.Fatalf("number %d: %.200q", i, f.body)
			}
		}
		if !private {
			t.Error("no private message")
		}
		quiet(t, a, b, slow)
		if len(slow.lost) > 0 {
			t.Error("cut")
		}
		h.empty(a, b, slow)
		conform.Covers(t, "SW-FLOW-01", "SW-FLOW-02", "SW-RPT-05")
	})
}

// What is lost is counted.
func TestSlowReaderIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, policy := range []mixer.Congestion{mixer.Tell, mixer.Drop} {
			h := newHouse(t, func(b *blueprint) {
				pipes(b)
				b.mixer.Congestion = policy
			})
			a := h.join(alice, nil)
			slow := h.join(carol, func(w *wishes) { w.unbound = true })
			hear := slow.deaf()
			for i := range 1500 {
				a.say(fmt.Sprint(i))
			}
			large := a.text(lobby, strings.Repeat("x", 17<<10))
			a.try(part{body: large}, 200) // goes first
			hear()
			n := 0
			for ; n < 1000; n++ {
				slow.hears(a.text(lobby, fmt.Sprint(n)))
			}
			synctest.Wait()
			if len(slow.copies) > 0 {
				t.Errorf("%d more", len(slow.copies))
			}
			a.say("again")
			if policy == mixer.Tell {
				slow.notice("501 messages did not reach you.")
			}
			slow.hears(a.text(lobby, "again"))
			if n := h.mixer.Counters().Lost; n != 501 {
				t.Errorf("%d counted as lost", n)
			}
			h.empty(a, slow)
		}
		conform.Covers(t, "SW-FLOW-02", "SW-FLOW-03")
	})
}

// Without history a congested leg still gets what is small, private or a notification; what
// is large is lost to it, and an indication that somebody writes does not count.
func TestCongestedWithoutHistory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, pipes)
		a := h.join(alice, nil)
		slow := h.join(carol, func(w *wishes) { w.unbound = true })
		hear := slow.deaf()
		filler := strings.Repeat("x", 1000)
		const n = 300
		for i := range n {
			a.say(fmt.Sprint(i, filler))
		}
		synctest.Wait() // all of it is with her
		wrapper := len(a.text(lobby, ""))
		private := a.text(carol, strings.Repeat("p", 100<<10))
		read := wrap(alice, carol, "message/imdn+xml", "<imdn><display-notification/></imdn>")
		a.say(strings.Repeat("x", 16<<10-wrapper))
		a.try(part{body: a.text(lobby, strings.Repeat("x", 16<<10-wrapper+1))}, 200)
		a.try(part{body: a.composes(lobby, "active")}, 200)
		a.try(part{body: private}, 200)
		a.try(part{body: read}, 200)
		a.say("small")
		hear()
		for i := range n {
			slow.hears(a.text(lobby, fmt.Sprint(i, filler)))
		}
		slow.hears(a.text(lobby, strings.Repeat("x", 16<<10-wrapper)))
		slow.hears(private)
		slow.hears(read)
		slow.hears(a.text(lobby, "small"))
		synctest.Wait()
		a.say("next")
		slow.notice("1 message did not reach you.")
		slow.hears(a.text(lobby, "next"))
		h.empty(a, slow)
		conform.Covers(t, "SW-FLOW-02", "SW-FLOW-03", "COMP-03")
	})
}

// Who falls behind again and again is told of his losses every ten seconds at most.
func TestLossesAreToldNowAndThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, pipes)
		a := h.join(alice, nil)
		slow := h.join(carol, func(w *wishes) { w.unbound = true })
		filler := strings.Repeat("x", 1000)
		large := a.text(lobby, strings.Repeat("x", 20<<10))
		fall := func() {
			t.Helper()
			hear := slow.deaf()
			for range 300 {
				a.say(filler)
			}
			synctest.Wait()
			a.try(part{body: large}, 200)
			hear()
			for range 300 {
				slow.hears(a.text(lobby, filler))
			}
			synctest.Wait()
		}
		again := func() {
			slow.move()
			slow.hold("sendrecv")
			fall()
		}
		hears := func(text string) {
			t.Helper()
			a.say(text)
			slow.hears(a.text(lobby, text))
		}
		fall()
		a.say("first")
		slow.notice("1 message did not reach you.")
		slow.hears(a.text(lobby, "first"))
		again()
		hears("a moment later")
		again()
		pause(9 * time.Second)
		hears("nine seconds later")
		pause(time.Second)
		a.say("after ten")
		slow.notice("2 messages did not reach you.")
		slow.hears(a.text(lobby, "after ten"))
		if n := h.mixer.Counters().Lost; n != 3 {
			t.Errorf("%d counted as lost", n)
		}
		h.empty(a, slow)
		conform.Covers(t, "SW-FLOW-03")
	})
}

// Who lets his output stand is cut: after two minutes of being behind, or after
// one in which he takes nothing.
func TestSlowReaderIsCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, func(b *blueprint) {
			pipes(b)
			remember(200, 0)(b)
		})
		a := h.join(alice, nil)
		drip, dead := h.join(bob, func(w *wishes) { w.unbound = true }), h.join(carol, func(w *wishes) { w.unbound = true })
		drip.deaf()
		dead.deaf()
		begin := time.Now()
		done := drip.drips()
		for range 300 {
			a.say(strings.Repeat("x", 1000))
		}
		if err := <-dead.lost; !errors.Is(err, msrp.ErrStalled) {
			t.Errorf("cut for %v", err)
		}
		if after := time.Since(begin); after < time.Minute || after > 65*time.Second {
			t.Errorf("cut after %v", after)
		}
		if err := <-drip.lost; !errors.Is(err, msrp.ErrCongested) {
			t.Errorf("cut for %v", err)
		}
		if after := time.Since(begin); after < 2*time.Minute || after > 125*time.Second {
			t.Errorf("cut after %v", after)
		}
		h.empty(a, drip, dead)
		_ = drip.nc.Close()
		<-done
		conform.Covers(t, "SW-FLOW-04")
	})
}

// drips has a client take an octet every ten seconds until its connection ends, which
// closes done.
func (c *client) drips() (done <-chan struct{}) {
	over := make(chan struct{})
	go func() {
		defer close(over)
		octet := make([]byte, 1)
		for {
			if _, err := c.nc.Read(octet); err != nil {
				return
			}
			pause(10 * time.Second)
		}
	}()
	return over
}

// Who is to be told instead stays, however long he is behind, as long as he takes anything.
func TestSlowReaderStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, func(b *blueprint) {
			pipes(b)
			b.mixer.Congestion = mixer.Tell
		})
		a := h.join(alice, nil)
		drip := h.join(bob, func(w *wishes) { w.unbound = true })
		drip.deaf()
		done := drip.drips()
		for range 300 {
			a.say(strings.Repeat("x", 1000))
		}
		pause(10 * time.Minute)
		if len(drip.lost)+len(h.events) > 0 {
			t.Error("cut")
		}
		h.empty(a, drip)
		_ = drip.nc.Close()
		<-done
		conform.Covers(t, "SW-FLOW-04")
	})
}

// Senders above their rate wait, and who would wait for too long is refused.
func TestRates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, func(b *blueprint) {
			pipes(b)
			b.mixer.Rates = mixer.Rates{Messages: 50}
		})
		a, b := h.join(alice, nil), h.join(bob, nil)
		begin := time.Now()
		for range 100 {
			a.say("at once")
		}
		if since := time.Since(begin); since != 0 {
			t.Errorf("within the burst delayed by %v", since)
		}
		for range 101 { // the last is answered and only then waited for
			a.say("paced")
		}
		if since := time.Since(begin); since < 1900*time.Millisecond || since > 2100*time.Millisecond {
			t.Errorf("100 more took %v", since)
		}
		for range 201 {
			wait(t, b.copies, "copy")
		}
		b.say("others are not held up")
		if since := time.Since(begin); since > 2100*time.Millisecond {
			t.Errorf("another sender waited, %v", since)
		}
		h.empty(a, b)
	})
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, func(b *blueprint) {
			pipes(b)
			b.mixer.Rates = mixer.Rates{Octets: 256 << 10}
		})
		a := h.join(alice, nil)
		begin := time.Now()
		frame := len(a.text(lobby, ""))
		largest := a.text(lobby, strings.Repeat("x", 1<<20-frame))
		a.try(part{body: largest}, 200)
		a.try(part{body: largest}, 200)
		if since := time.Since(begin); since != 0 {
			t.Errorf("the largest message was delayed by %v", since)
		}
		a.try(part{body: largest}, 200)
		a.try(part{body: a.text(lobby, "next")}, 200)
		if since := time.Since(begin); since != 4*time.Second {
			t.Errorf("waited for %v", since)
		}
		h.empty(a)
	})
	// A conference that has used up what it may take.
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, func(b *blueprint) {
			pipes(b)
			b.mixer.Rates = mixer.Rates{FanOut: 100 << 10}
		})
		a, b := h.join(alice, nil), h.join(bob, nil)
		body := a.text(lobby, strings.Repeat("x", 200<<10))
		a.try(part{body: body}, 200) // of a full budget anything
		b.try(part{body: b.text(lobby, strings.Repeat("x", 400<<10))}, 413)
		pause(10 * time.Second)
		b.try(part{body: b.text(lobby, "now")}, 200)
		if n := h.mixer.Counters().Refused; n != 1 {
			t.Errorf("%d counted as refused", n)
		}
		h.empty(a, b)
	})
	conform.Covers(t, "SW-FLOW-05")
}

// A message whose next chunk does not come is dropped; each chunk gives it the time again.
func TestChunkWait(t *testing.T) {
	for wait, want := range map[time.Duration]time.Duration{0: 9 * time.Minute, time.Minute: time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			h := newHouse(t, func(b *blueprint) {
				pipes(b)
				b.mixer.ChunkWait = wait
				b.media.KeepAlive = -1
			})
			a, b := h.join(alice, nil), h.join(bob, nil)
			body := a.text(lobby, "in four parts")
			n := len(body)
			cut := func(id string, from, to, want int) {
				t.Helper()
				flag := "+"
				if to == n {
					flag = "$"
				}
				a.try(part{id: id, rng: rangeOf(from+1, to, n), body: body[from:to], flag: flag}, want)
			}
			cut("patient", 0, 10, 200)
			pause(want - 5*time.Second)
			cut("patient", 10, 20, 200)
			pause(want - 5*time.Second)
			cut("patient", 20, n, 200)
			b.hears(body)
			cut("late", 0, 10, 200)
			pause(want + 5*time.Second)
			cut("late", 10, n, 413)
			if len(b.copies)+len(a.reports)+len(b.reports) > 0 {
				t.Error("somebody is told")
			}
			h.empty(a, b)
		})
	}
	conform.Covers(t, "SW-PUB-10")
}

// Of the notifications to somebody who does not keep up, those that only tell that a
// message has arrived are left out.
func TestNotificationsToSlowReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, pipes)
		a := h.join(alice, nil)
		slow := h.join(carol, func(w *wishes) { w.unbound = true })
		hear := slow.deaf()
		const n = 300
		for i := range n {
			a.say(fmt.Sprint(i, strings.Repeat("x", 1000)))
		}
		synctest.Wait() // all of it is with her
		arrived := wrap(alice, carol, "message/imdn+xml", "<imdn><delivery-notification/></imdn>")
		read := wrap(alice, carol, "message/imdn+xml", "<imdn><display-notification/></imdn>")
		a.try(part{body: arrived}, 200)
		a.try(part{body: read}, 200)
		hear()
		for i := range n {
			slow.hears(a.text(lobby, fmt.Sprint(i, strings.Repeat("x", 1000))))
		}
		slow.hears(read)
		a.try(part{body: arrived}, 200)
		slow.hears(arrived)
		quiet(t, a, slow)
		h.empty(a, slow)
	})
	conform.Covers(t, "IMDN-06", "SW-FLOW-02")
}
