package mixer_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/conform"
)

// confirms sends the REPORT of the endpoint behind the relay.
func (c *client) confirms(f frame) {
	c.house.t.Helper()
	c.count++
	tid := fmt.Sprintf("%s.%d", c.id, c.count)
	c.write("MSRP " + tid + " REPORT\r\nTo-Path: " + c.room + "\r\nFrom-Path: " + c.way() + "\r\nMessage-ID: " + f.id +
		fmt.Sprintf("\r\nByte-Range: 1-%d/%d", f.rng.Total, f.rng.Total) + "\r\nStatus: 000 200 OK\r\n-------" + tid + "$\r\n")
	c.probe()
}

// What a relay answers says nothing of the endpoint behind it.
func TestRelayedReceiver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, func(b *blueprint) {
			pipes(b)
			remember(100, 0)(b)
		})
		phone := func(w *wishes) { w.relayed, w.device, w.agent = true, "<urn:phone>", "confab/1" }
		a := h.join(alice, nil)
		b := h.join(bob, phone)
		a.say("confirmed")
		f := b.hears(a.text(lobby, "confirmed"))
		if !f.success {
			t.Error("no report asked for")
		}
		b.confirms(f)
		for range 20 {
			a.say("lost behind the relay")
			b.hears(a.text(lobby, "lost behind the relay"))
		}
		b.probe()
		_ = b.nc.Close()
		<-h.events
		b = h.join(bob, phone)
		for range 20 {
			b.recalls(a.text(lobby, "lost behind the relay"))
		}
		// This endpoint sends no REPORT at all: the relay's word has to do.
		b.probe()
		pause(31 * time.Second)
		_ = b.nc.Close()
		<-h.events
		<-h.events
		b = h.join(bob, phone)
		quiet(t, a, b)
		h.empty(a, b)
		conform.Covers(t, "SW-RPT-07")
	})
}

// A relay's word does for an endpoint that has had time to report on eight copies, and has
// not; before that it does not.
func TestRelayIsNotTrustedYet(t *testing.T) {
	for name, tt := range map[string]struct {
		copies int
		after  time.Duration
		again  bool
	}{
		"too few":   {7, time.Minute, true},
		"too early": {8, 25 * time.Second, true},
		"trusted":   {8, 35 * time.Second, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHouse(t, func(b *blueprint) {
					pipes(b)
					remember(100, 0)(b)
				})
				phone := func(w *wishes) { w.relayed, w.device, w.agent = true, "<urn:phone>", "confab/1" }
				a, b := h.join(alice, nil), h.join(bob, phone)
				for range tt.copies {
					a.say("unreported")
					b.hears(a.text(lobby, "unreported"))
				}
				synctest.Wait() // all are answered
				pause(tt.after)
				_ = b.nc.Close()
				<-h.events
				b = h.join(bob, phone)
				if tt.again {
					for range tt.copies {
						b.recalls(a.text(lobby, "unreported"))
					}
				}
				quiet(t, a, b)
				h.empty(a, b)
			})
		})
	}
	conform.Covers(t, "SW-RPT-07")
}

// A relay that reports on nobody's behalf that a copy did not arrive has ended the leg.
func TestRelayReportsFailure(t *testing.T) {
	for _, status := range []int{408, 481} {
		synctest.Test(t, func(t *testing.T) {
			h := newHouse(t, pipes)
			a, b := h.join(alice, nil), h.join(bob, func(w *wishes) { w.relayed, w.agent = true, "confab/1" })
			a.say("hello")
			f := b.hears(a.text(lobby, "hello"))
			b.write("MSRP r1r1 REPORT\r\nTo-Path: " + b.room + "\r\nFrom-Path: " + b.way() + "\r\nMessage-ID: " + f.id +
				fmt.Sprintf("\r\nByte-Range: 1-%d/%d\r\nStatus: 000 %d Gone\r\n-------r1r1$\r\n", f.rng.Total, f.rng.Total, status))
			if e, ok := (<-h.events).(conference.LegLost); !ok || e.Endpoint != b.id {
				t.Errorf("%d: %+v", status, e)
			}
			if len(a.reports) > 0 {
				t.Error("the sender hears of it")
			}
			h.empty(a, b)
		})
	}
	conform.Covers(t, "SW-RPT-07", "SW-RPT-02")
}
