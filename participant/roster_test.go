package participant

import (
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/confinfo"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/sip/sipmsg"
)

const active = "active;expires=3600"

// refreshed takes a refresh of the subscription and answers it.
func (x *stage) refreshed() {
	x.t.Helper()
	again := x.focus.Request(sipmsg.SUBSCRIBE)
	if again.Header.CallID() != x.sub.Header.CallID() || again.Header.ToTag() != "n" || again.Header.Value("Expires") != "3600" {
		x.t.Errorf("refresh %v", again.Header.Fields)
	}
	x.focus.Answer(again, 200, "", "Expires: 3600\n"+contactOf, "")
}

func TestRoster(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-SUB-06", "PAR-SUB-08")
	bubble(t, func(x *stage) {
		c := x.watch()
		sees := func(want string) {
			x.t.Helper()
			if got := names(next[Roster](x.t, c).Users); got != want {
				x.t.Errorf("event: %s, want %s", got, want)
			}
			if got := names(c.Roster()); got != want {
				x.t.Errorf("roster %s, want %s", got, want)
			}
		}
		// The first document must be full.
		x.notify(1, 200, active, document("partial", 1, "nobody"))
		x.refreshed()
		none(x.t, c)
		x.notify(2, 200, active, document("full", 2, "alice", "bob=on-hold"))
		sees("alice bob=on-hold")
		if c.URI() != lobby {
			x.t.Errorf("URI %s", c.URI())
		}
		x.notify(3, 200, active, document("partial", 3, "carol"))
		sees("alice bob=on-hold carol")
		x.notify(4, 200, active, document("full", 3, "nobody")) // old
		none(x.t, c)
		// A gap: one refresh, and nothing is taken until its answer.
		x.notify(5, 200, active, document("partial", 5, "nobody"))
		x.refreshed()
		x.notify(6, 200, active, document("partial", 6, "nobody"))
		x.focus.Quiet(time.Second)
		none(x.t, c)
		x.notify(7, 200, active, document("full", 7, "alice", "bob", "dave"))
		sees("alice bob dave")
		// Users without state inside a partial document are all there are.
		x.notify(8, 200, active, strings.Replace(document("partial", 8, "erin"), `<users state="partial">`, "<users>", 1))
		sees("erin")
	})
}

func TestBrokenDocument(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-SUB-09")
	bubble(t, func(x *stage) {
		c := x.watch()
		x.notify(1, 200, active, document("full", 1, "alice"))
		next[Roster](x.t, c)
		x.notify(2, 400, active, "<conference-info")
		x.refreshed()
		x.notify(3, 400, active, "nor this")
		x.focus.Quiet(time.Second) // one refresh is enough
		none(x.t, c)
		if got := names(c.Roster()); got != "alice" {
			x.t.Errorf("roster %s", got)
		}
		extended := strings.Replace(document("full", 4, "alice", "bob"), "<users ", `<x:mood xmlns:x="urn:example">fine</x:mood><users x="y" `, 1)
		x.notify(4, 200, active, strings.Replace(extended, "<status>connected", "<status>levitating", 1))
		if got := names(next[Roster](x.t, c).Users); got != "alice= bob" {
			x.t.Errorf("roster %s", got)
		}
	})
}

func TestConferenceGone(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-SUB-07")
	bubble(t, func(x *stage) {
		c := x.watch()
		x.notify(1, 200, active, document("full", 1, "alice"))
		next[Roster](x.t, c)
		x.notify(2, 200, active, `<conference-info xmlns="`+confinfo.Namespace+`" entity="`+lobby+`" state="deleted" version="2"/>`)
		end := x.focus.Request(sipmsg.SUBSCRIBE)
		if end.Header.Value("Expires") != "0" {
			x.t.Errorf("SUBSCRIBE %v", end.Header.Fields)
		}
		x.focus.Answer(end, 200, "", "Expires: 0", "")
		x.notify(3, 200, "terminated;reason=timeout", "")
		if got := next[Roster](x.t, c).Users; len(got) != 0 {
			x.t.Errorf("roster %v", got)
		}
		bye, ok := x.focus.Next(6 * time.Second).(*sipmsg.Request)
		if !ok || bye.Method != sipmsg.BYE {
			x.t.Fatal("still in a conference that is gone")
		}
		x.focus.Answer(bye, 200, "", "", "")
		if e := next[Left](x.t, c); e.Err == nil || e.ByFocus {
			x.t.Errorf("%+v", e)
		}
	})
}

func TestSubscribeAgain(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-SUB-05")
	for _, tt := range []struct {
		state string
		pause time.Duration // negative: never
	}{
		{"terminated;reason=deactivated;retry-after=60", 0},
		{"terminated;reason=timeout", 0},
		{"terminated;reason=probation;retry-after=60", time.Minute},
		{"terminated;reason=giveup;retry-after=60", time.Minute},
		{"terminated;reason=rejected", -1},
		{"terminated;reason=noresource", -1},
		{"terminated;reason=invariant", -1},
		{"terminated", 0},
		{"terminated;reason=whim;retry-after=60", time.Minute},
	} {
		bubble(t, func(x *stage) {
			c := x.watch()
			x.notify(1, 200, active, document("full", 1, "alice"))
			next[Roster](x.t, c)
			old := x.sub
			x.notify(2, 200, tt.state, "")
			if tt.pause < 0 {
				x.focus.Quiet(2 * time.Hour)
				return
			}
			if tt.pause > 0 {
				x.focus.Quiet(tt.pause - 100*time.Millisecond)
			}
			x.subscribed()
			if x.sub.Header.CallID() == old.Header.CallID() || x.sub.Header.ToTag() != "" {
				x.t.Errorf("%s: %v", tt.state, x.sub.Header.Fields)
			}
			x.notify(1, 200, active, document("full", 1, "alice", "bob"))
			if got := names(next[Roster](x.t, c).Users); got != "alice bob" {
				x.t.Errorf("%s: roster %s", tt.state, got)
			}
		})
	}
}

func TestSubscriptionFails(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-SUB-04")
	t.Run("refused", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(x *stage) {
			c := x.joined(Options{}, "")
			x.focus.Answer(x.focus.Request(sipmsg.SUBSCRIBE), 403, "n", "", "")
			if e := next[Problem](x.t, c); e.Status != 403 {
				x.t.Errorf("%+v", e)
			}
			x.focus.Quiet(time.Hour)
		})
	})
	t.Run("no NOTIFY", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(x *stage) {
			x.watch()
			x.focus.Quiet(31 * time.Second)
			pauses := []time.Duration{time.Second, 2 * time.Second, 4 * time.Second}
			for range pauses { // each attempt has a Call-ID of its own, after a longer pause
				old := x.sub
				m := x.focus.Next(40 * time.Second)
				req, ok := m.(*sipmsg.Request)
				if !ok || req.Method != sipmsg.SUBSCRIBE || req.Header.CallID() == old.Header.CallID() {
					x.t.Fatalf("no new subscription: %v", m)
				}
				x.sub = req
				x.focus.Answer(req, 200, "n", "Expires: 3600\n"+contactOf, "")
			}
		})
	})
	t.Run("refresh 481", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(x *stage) {
			c := x.watch()
			x.notify(1, 200, active, document("full", 1, "alice"))
			next[Roster](x.t, c)
			old := x.sub
			refresh, ok := x.focus.Next(time.Hour).(*sipmsg.Request)
			if !ok || refresh.Header.ToTag() != "n" {
				x.t.Fatal("no refresh before the hour is over")
			}
			x.focus.Answer(refresh, 481, "", "", "")
			again := x.focus.Request(sipmsg.SUBSCRIBE)
			if again.Header.CallID() == old.Header.CallID() || again.Header.ToTag() != "" {
				x.t.Errorf("%v", again.Header.Fields)
			}
		})
	})
}
