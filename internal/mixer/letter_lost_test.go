package mixer_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/conform"
)

// What comes back from a lost session and is too much to wait for the next one has
// been answered well: its sender is told.
func TestTooMuchComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, pipes)
		a, b := h.join(alice, nil), h.join(bob, nil)
		b.mute.Store(true)
		for i := range 8 {
			body := a.text(bob, strings.Repeat("x", 12<<10))
			a.try(part{id: fmt.Sprint("long", i), body: body}, 200)
			b.hears(body)
		}
		_ = b.nc.Close()
		<-h.events
		synctest.Wait()
		for i := 5; i < 8; i++ {
			if len(a.reports) == 0 {
				t.Fatalf("no report of the message %d", i)
			}
			if f := <-a.reports; f.report != 404 || f.id != fmt.Sprint("long", i) {
				t.Errorf("%d of %s", f.report, f.id)
			}
		}
		if len(a.reports) > 0 {
			t.Error("a report of what waits")
		}
	})
}

// A hundred private messages wait for one who was lost; the next are refused.
func TestNoMoreThanAHundredWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, pipes)
		a, b := h.join(alice, nil), h.join(bob, nil)
		_ = b.nc.Close()
		<-h.events
		for i := range 100 {
			a.try(part{body: a.text(bob, fmt.Sprint(i))}, 200)
		}
		a.try(part{body: a.text(bob, "one more")}, 404)
		b = h.join(bob, nil)
		for i := range 100 {
			b.hears(a.text(bob, fmt.Sprint(i)))
		}
		quiet(t, a, b)
		h.empty(a, b)
		conform.Covers(t, "SW-PRV-10")
	})
}

// What waits for somebody when the conference ends does not reach him any more.
func TestEndWhileLettersWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, pipes)
		a, b := h.join(alice, nil), h.join(bob, nil)
		_ = b.nc.Close()
		<-h.events
		a.try(part{id: "waits", body: a.text(bob, "psst")}, 200)
		h.do(conference.End{At: time.Now()})
		synctest.Wait()
		if len(a.reports) != 1 {
			t.Fatalf("%d reports", len(a.reports))
		}
		if f := <-a.reports; f.report != 404 || f.id != "waits" {
			t.Errorf("%d of %s", f.report, f.id)
		}
	})
}

// TestFailureNamesTheParties: what a failure report tells are the From and To of the
// message, and nothing that only looks like them.
func TestFailureNamesTheParties(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, pipes)
		a, b := h.join(alice, nil), h.join(bob, nil)
		_ = b.nc.Close()
		<-h.events
		a.try(part{id: "waits", body: "NS: x <urn:x>\r\nNS: c <urn:ietf:params:cpim-headers:>\r\nx.To: <sip:eve@x.test>\r\nx.From: <sip:eve@x.test>\r\n" +
			"c.From: Alice <" + alice + ">\r\nTo: <" + bob + ">\r\nSubject: s\r\n\r\nContent-Type: text/plain\r\n\r\npsst"}, 200)
		h.do(conference.Leave{At: time.Now(), Endpoint: b.id})
		synctest.Wait()
		if len(a.reports) != 1 {
			t.Fatalf("%d reports", len(a.reports))
		}
		want := "From: Alice <" + alice + ">\r\nTo: <" + bob + ">\r\n\r\nContent-Type: text/plain\r\n\r\n"
		if f := <-a.reports; f.report != 404 || f.id != "waits" || f.body != want {
			t.Errorf("%d of %s: %q", f.report, f.id, f.body)
		}
	})
	conform.Covers(t, "SW-PRV-06", "CPIM-13")
}
