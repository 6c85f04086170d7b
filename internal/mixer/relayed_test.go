package mixer_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

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
