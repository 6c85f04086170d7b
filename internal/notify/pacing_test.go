package notify

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/confinfo"
	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/sip/event"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
)

// bell is a subscription without a network: whoever is rung asks at once.
type bell struct {
	sub  *subscriber
	at   []time.Duration // when NOTIFYs left, since start
	body []event.Body
	from time.Time
	end  event.Reason
}

func (b *bell) Changed() {
	if body, ok := b.sub.Next(event.Pull{}); ok {
		b.at = append(b.at, time.Since(b.from))
		b.body = append(b.body, body)
	}
}

func (b *bell) Terminate(t event.Termination) {
	b.end = t.Reason
	b.sub.Ended(t)
}

// subscribe adds a subscriber who has his first document.
func (s *stage) subscribe(user string) *bell {
	identity := conference.Identity("sip:" + user + "@example.test")
	sub := &subscriber{board: s.board, identity: identity, user: conference.User(identity)}
	sub.refreshed.Store(time.Now().UnixNano())
	b := &bell{sub: sub, from: time.Now()}
	goes := s.board.service.watchers.add(sub)
	sub.feed(b)
	sub.Next(event.Pull{Full: true, Must: true})
	for _, oldest := range []*subscriber{s.board.add(sub, s.state.Policy().EndpointsPerUser), goes} {
		if oldest != nil {
			oldest.end(event.Timeout)
		}
	}
	return b
}

// joins has n users join, evenly within d.
func (s *stage) joins(n int, d time.Duration) {
	for i := range n {
		s.join(fmt.Sprintf("user%d", i), fmt.Sprintf("ep-%d", i))
		s.board.Flush()
		<-time.After(d / time.Duration(n))
	}
}

func TestPacing(t *testing.T) {
	conform.Covers(t, "NOT-NFY-04")
	for _, test := range []struct {
		interval time.Duration
		want     []time.Duration
	}{
		{5 * time.Second, []time.Duration{0, 5 * time.Second}},
		// Not at the moment at which somebody joins, who may be half in by then.
		{430 * time.Millisecond, []time.Duration{0, 430 * time.Millisecond, 860 * time.Millisecond, 1290 * time.Millisecond}},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t)
			s.board.service.cfg.MinInterval = test.interval
			s.do(conference.Connect{At: time.Now(), Endpoint: "ep-alice"})
			alice := s.subscribe("alice")
			s.joins(20, time.Second)
			<-time.After(20 * time.Second)
			synctest.Wait()
			if fmt.Sprint(alice.at) != fmt.Sprint(test.want) {
				t.Errorf("interval %v: NOTIFYs at %v, want %v", test.interval, alice.at, test.want)
			}
			told := 0
			for _, body := range alice.body {
				told += len(document(t, body).Users.List)
			}
			if told != 20 {
				t.Errorf("interval %v: told of %d users, want 20", test.interval, told)
			}
		})
	}
}

// TestBurstsAreBounded has many subscribers told much: at no time so much at once that a
// connection which they share could not take it, and all of them soon.
func TestBurstsAreBounded(t *testing.T) {
	conform.Covers(t, "NOT-NFY-04")
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		s.board.service.cfg.MinInterval = 5 * time.Second
		s.do(conference.Connect{At: time.Now(), Endpoint: "ep-alice"})
		var bells []*bell
		for i := range 100 {
			bells = append(bells, s.subscribe(fmt.Sprintf("reader%d", i)))
		}
		for i := range 200 {
			s.join(fmt.Sprintf("user%d", i), fmt.Sprintf("ep-%d", i))
		}
		s.board.Flush()
		<-time.After(5 * time.Second)
		synctest.Wait()
		at, all := make(map[time.Duration]int), 0
		for _, b := range bells {
			if len(b.at) != 1 || len(document(t, b.body[0]).Users.List) != 200 {
				t.Fatalf("NOTIFYs at %v", b.at)
			}
			at[b.at[0]] += len(b.body[0].Data)
			all += len(b.body[0].Data)
		}
		for when, octets := range at {
			if most := burst + all/len(bells); octets > most || when%pause != 0 {
				t.Errorf("%d octets after %v, want at most %d", octets, when, most)
			}
		}
		if len(at) < all/burst/2 || all < 4*burst {
			t.Errorf("%d octets at %d times", all, len(at))
		}
	})
}

func TestWithoutIntervalNobodyWaits(t *testing.T) {
	conform.Covers(t, "NOT-NFY-04")
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		s.do(conference.Connect{At: time.Now(), Endpoint: "ep-alice"})
		alice := s.subscribe("alice")
		s.joins(20, time.Second)
		synctest.Wait()
		if len(alice.at) != 20 || alice.at[1] != 50*time.Millisecond {
			t.Errorf("NOTIFYs at %v", alice.at)
		}
	})
}

// TestChangesAreWrittenOnce shows that a document costs once, however many it
// goes to: the template behind it is the very same.
func TestChangesAreWrittenOnce(t *testing.T) {
	s := newStage(t)
	s.do(conference.Connect{At: time.Now(), Endpoint: "ep-alice"})
	s.watch(false) // somebody remembers the past
	from := s.board.history.revision
	s.join("bob", "ep-bob")
	first, _, _ := s.board.since(from, view{}, everything)
	again, _, _ := s.board.since(from, view{}, everything)
	if a, b := first.Append(nil, 1), again.Append(nil, 1); string(a) != string(b) || s.board.documents.next != 1 {
		t.Errorf("%d documents written:\n%s\n%s", s.board.documents.next, a, b)
	}
	alice := s.board.roster.byUser["sip:alice@example.test"].element(view{}, everything)
	s.board.full(view{}, "", false)
	s.join("carol", "ep-carol")
	s.board.full(view{}, "", false)
	if &alice[0] != &s.board.roster.byUser["sip:alice@example.test"].element(view{}, everything)[0] {
		t.Error("who has not changed was written again")
	}
}

// TestKnownHistoryIsForgotten has two subscribers told, one later than the other: what both
// know is not remembered, and the other misses nothing.
func TestKnownHistoryIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		s.board.service.cfg.MinInterval = 5 * time.Second
		s.do(conference.Connect{At: time.Now(), Endpoint: "ep-alice"})
		alice := s.subscribe("alice")
		s.joins(1, time.Second) // alice is told at once, and has to wait then
		bob := s.subscribe("bob")
		s.join("carol", "ep-carol")
		s.board.Flush()
		<-time.After(10 * time.Second)
		synctest.Wait()
		if n := len(s.board.history.changes); n > 0 {
			t.Errorf("%d changes are remembered that everybody knows", n)
		}
		if len(alice.at) != 2 || len(bob.at) != 1 || bob.at[0] > time.Second {
			t.Errorf("NOTIFYs at %v and %v", alice.at, bob.at)
		}
		for _, b := range []*bell{alice, bob} {
			d := document(t, b.body[len(b.body)-1])
			if d.State != confinfo.Partial || len(d.Users.List) != 1 || d.Users.List[0].Entity != "sip:carol@example.test" {
				t.Errorf("%s was told %+v", b.sub.user, d)
			}
		}
		s.join("dave", "ep-dave")
		s.board.Flush()
		synctest.Wait()
		if d := document(t, alice.body[len(alice.body)-1]); d.State != confinfo.Partial || len(d.Users.List) != 1 {
			t.Errorf("alice was told %+v", d)
		}
	})
}

// TestHistoryIsBounded has a subscriber fall behind: nothing is kept for him,
// and he gets the whole state when he asks at last.
func TestHistoryIsBounded(t *testing.T) {
	s := newStage(t)
	s.do(conference.Connect{At: time.Now(), Endpoint: "ep-alice"})
	late := s.watch(false)
	s.next(late, event.Pull{Full: true, Must: true})
	for i := range 1000 {
		s.do(conference.SetMedia{At: time.Now(), Endpoint: "ep-alice", Media: conference.Direction(1 + i%2)})
	}
	if n := len(s.board.history.changes); n > 2*leastHistory {
		t.Errorf("%d changes are remembered", n)
	}
	if d := s.next(late, event.Pull{}); d.State != confinfo.Full || d.Version != 2 {
		t.Errorf("state %v, version %d", d.State, d.Version)
	}
	s.do(conference.SetMedia{At: time.Now(), Endpoint: "ep-alice", Media: conference.Inactive})
	if d := s.next(late, event.Pull{}); d.State != confinfo.Partial || d.Version != 3 {
		t.Errorf("state %v, version %d", d.State, d.Version)
	}
}

func TestComingAndGoingIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		s.do(conference.Connect{At: time.Now(), Endpoint: "ep-alice"})
		for i := range 100 {
			s.join("bob", fmt.Sprintf("ep-%d", i))
			s.leave(fmt.Sprintf("ep-%d", i), conference.CauseHungup)
		}
		s.board.mu.Lock()
		n := len(s.board.roster.byUser["sip:bob@example.test"].shown.all.Endpoints)
		s.board.mu.Unlock()
		if n != mostGone {
			t.Errorf("%d endpoints of a user who left", n)
		}
		<-time.After(time.Minute)
		synctest.Wait()
		s.board.mu.Lock()
		defer s.board.mu.Unlock()
		elements, _ := s.board.roster.written(view{}, everything, 1<<20)
		if n, rows := len(s.board.roster.byUser), len(elements); n != 1 || rows != 1 || len(s.board.roster.gone) != 0 {
			t.Errorf("%d users by name, %d shown, %d departures", n, rows, len(s.board.roster.gone))
		}
	})
}

func TestLargeRostersAreReduced(t *testing.T) {
	s := newStage(t)
	s.do(conference.Connect{At: time.Now(), Endpoint: "ep-alice"})
	s.board.service.cfg.MaxBytes = 2000
	sub := s.watch(false)
	if d := s.next(sub, event.Pull{Full: true, Must: true}); len(d.Users.List[0].Roles) == 0 {
		t.Errorf("a small roster is reduced: %+v", d.Users.List)
	}
	for i := range 5 {
		s.join(fmt.Sprintf("user%d", i), fmt.Sprintf("ep-%d", i))
	}
	d := s.next(sub, event.Pull{Full: true, Must: true})
	if len(d.Users.List) != 6 || len(d.Users.List[0].Roles) != 0 || d.Users.List[0].Endpoints[0].Status != confinfo.StatusConnected {
		t.Errorf("a large roster: %+v", d.Users.List)
	}
	s.join("late", "ep-late")
	d = s.next(sub, event.Pull{})
	if d.State != confinfo.Partial || len(d.Users.List) != 1 || len(d.Users.List[0].Roles) != 0 || d.ConferenceState.UserCount != 7 {
		t.Errorf("a change of a reduced roster: %+v, %+v", d.Users.List, d.ConferenceState)
	}
}

func TestOneSubscriptionTooMany(t *testing.T) {
	conform.Covers(t, "NOT-SUB-11")
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		s.do(conference.Connect{At: time.Now(), Endpoint: "ep-alice"})
		limit := s.state.Policy().EndpointsPerUser
		var bells []*bell
		for range limit {
			bells = append(bells, s.subscribe("alice"))
			<-time.After(time.Second)
		}
		s.subscribe("bob")
		if err := bells[0].sub.Refresh(&sipmsg.Request{}, transport.Source{}); err != nil {
			t.Error(err)
		}
		bells = append(bells, s.subscribe("alice"))
		for i, b := range bells {
			if want := map[bool]event.Reason{true: event.Timeout}[i == 1]; b.end != want {
				t.Errorf("subscription %d ended with %q, want %q", i, b.end, want)
			}
		}
		if n := len(s.board.subscribers); n != limit+1 {
			t.Errorf("%d subscribers", n)
		}
	})
}

func TestWhoLeavesIsToldNothingMore(t *testing.T) {
	conform.Covers(t, "NOT-END-02", "NOT-SUB-14")
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		s.do(conference.Connect{At: time.Now(), Endpoint: "ep-alice"})
		s.join("bob", "ep-1")
		s.join("bob", "ep-2")
		alice, bob := s.subscribe("alice"), s.subscribe("bob")
		s.leave("ep-1", conference.CauseHungup)
		if bob.end != "" {
			t.Errorf("one device left: %q", bob.end)
		}
		s.leave("ep-2", conference.CauseHungup)
		if bob.end != event.Rejected || alice.end != "" {
			t.Errorf("bob %q, alice %q", bob.end, alice.end)
		}
		s.do(conference.End{At: time.Now()})
		if alice.end != event.NoResource {
			t.Errorf("end: %q", alice.end)
		}
	})
}

func TestSubscriptionsToManyConferences(t *testing.T) {
	conform.Covers(t, "NOT-SUB-11")
	synctest.Test(t, func(t *testing.T) {
		first := newStage(t)
		service := first.board.service
		var bells []*bell
		for range 20 + 1 {
			s := newStage(t)
			s.board.service = service
			bells = append(bells, s.subscribe("alice"))
			<-time.After(time.Second)
		}
		first.board.service = service
		first.subscribe("bob")
		for i, b := range bells {
			if ended := b.end == event.Timeout; ended != (i == 0) {
				t.Errorf("subscription %d ended: %v", i, ended)
			}
		}
		for _, b := range bells[1:] {
			b.Terminate(event.Termination{Reason: event.NoResource})
		}
		if n := len(service.watchers.byIdentity); n != 1 {
			t.Errorf("%d users are remembered, want bob alone", n)
		}
	})
}
