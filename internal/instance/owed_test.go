package instance_test

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/internal/journal"
	"github.com/confab-chat/confab/internal/journal/local"
)

// TestDeparturesWaitForTheJournal: what has happened while the journal has no time is
// told when it has, in its order, and nobody stays who has gone.
func TestDeparturesWaitForTheJournal(t *testing.T) {
	conform.Covers(t, "MIX-01", "FOC-LVE-01")
	j := &faulty{Journal: local.New(local.Limits{})}
	bubble(t, func(c *instance.Config) { c.Journal = j }, nil, func(h *house) {
		i := h.create()
		for _, user := range []conference.Identity{"bob", "carol"} {
			h.join(i.Address(), "sip:"+user+"@a.test", conference.EndpointID(user+"1"))
		}
		if _, err := h.ask(i.Address(), "sip:dave@a.test", "dave1"); err != nil {
			t.Fatal(err)
		}
		seen := len(h.recorders[0].events)

		j.broken.Store(true)
		for _, c := range []conference.Command{
			conference.LoseLeg{At: time.Now(), Endpoint: "bob1"},
			conference.Leave{At: time.Now(), Endpoint: "carol1", Cause: conference.CauseHungup},
			conference.RestoreLeg{At: time.Now(), Endpoint: "bob1"},
			conference.Withdraw{At: time.Now(), Endpoint: "dave1", Cause: conference.CauseCancelled},
		} {
			i.Do(c, nil)
		}
		if h.try(i, conference.Lock{At: time.Now(), Locked: true}) == nil {
			t.Error("locked")
		}
		pass(time.Minute)
		synctest.Wait()
		if n := len(h.recorders[0].events); n != seen {
			t.Errorf("%d events without journal", n-seen)
		}

		j.broken.Store(false)
		pass(2 * time.Second)
		synctest.Wait()
		var got []conference.Kind
		for _, e := range h.recorders[0].events[seen:] {
			got = append(got, e.Kind())
		}
		want := []conference.Kind{conference.KindLegLost, conference.KindDeparted, conference.KindLegBack, conference.KindDeparted}
		if !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		if n := h.recorders[0].users; n != 2 {
			t.Errorf("%d users", n)
		}
	})
}

// particular is a journal that takes nothing of one kind.
type particular struct {
	journal.Journal
	kind   conference.Kind
	broken atomic.Bool
}

func (p *particular) Append(ctx context.Context, id conference.ID, after journal.Position, events ...conference.Event) (journal.Position, error) {
	for _, e := range events {
		if e.Kind() == p.kind && p.broken.Load() {
			return 0, errDisk
		}
	}
	return p.Journal.Append(ctx, id, after, events...) //nolint:wrapcheck // it is the journal
}

// TestNobodyWaitsForOthers: a departure that the journal takes does not wait for an end
// that it does not take.
func TestNobodyWaitsForOthers(t *testing.T) {
	conform.Covers(t, "FOC-LVE-01")
	j := &particular{Journal: local.New(local.Limits{}), kind: conference.KindEnded}
	bubble(t, func(c *instance.Config) { c.Journal = j }, nil, func(h *house) {
		i := h.create()
		h.join(i.Address(), "sip:bob@a.test", "bob1")
		h.join(i.Address(), "sip:carol@a.test", "carol1")
		j.broken.Store(true)
		i.Do(conference.End{At: time.Now(), Cause: conference.EndFault}, nil)
		i.Do(conference.Leave{At: time.Now(), Endpoint: "bob1", Cause: conference.CauseHungup}, nil)
		i.Do(conference.LoseLeg{At: time.Now(), Endpoint: "carol1"}, nil)
		pass(10 * time.Minute) // carol's time to come back is over
		synctest.Wait()
		if n := h.recorders[0].users; n != 1 {
			t.Errorf("%d users", n)
		}
		j.broken.Store(false)
		<-i.Gone()
	})
}

// TestEndWaitsForTheJournal: a conference that has to end does.
func TestEndWaitsForTheJournal(t *testing.T) {
	conform.Covers(t, "MIX-08")
	j := &faulty{Journal: local.New(local.Limits{})}
	bubble(t, func(c *instance.Config) { c.Journal = j }, nil, func(h *house) {
		i := h.create()
		j.broken.Store(true)
		i.Do(conference.End{At: time.Now(), Cause: conference.EndFault}, nil)
		pass(time.Minute)
		h.status(i.Address(), instance.Active)
		j.broken.Store(false)
		<-i.Gone()
		if got := h.recorders[0].end(t); got != conference.EndFault {
			t.Errorf("ended because %v", got)
		}
	})
}

// TestLossIsToldInTheEnd: who tells of a leg and asks what came of it hears of that once,
// when the journal has taken it.
func TestLossIsToldInTheEnd(t *testing.T) {
	conform.Covers(t, "MSRP-CON-06")
	j := &faulty{Journal: local.New(local.Limits{})}
	bubble(t, func(c *instance.Config) { c.Journal = j }, nil, func(h *house) {
		i := h.create()
		h.join(i.Address(), "sip:bob@a.test", "bob1")
		seen := len(h.recorders[0].events)
		j.broken.Store(true)
		var errs []error
		note := func(r instance.Result) { errs = append(errs, r.Err) }
		i.Do(conference.LoseLeg{At: time.Now(), Endpoint: "bob1"}, note)
		i.Do(conference.RestoreLeg{At: time.Now(), Endpoint: "bob1"}, note)
		pass(time.Minute)
		synctest.Wait()
		if len(errs) != 0 {
			t.Errorf("told %v without journal", errs)
		}
		j.broken.Store(false)
		pass(2 * time.Second)
		synctest.Wait()
		var got []conference.Kind
		for _, e := range h.recorders[0].events[seen:] {
			got = append(got, e.Kind())
		}
		if want := []conference.Kind{conference.KindLegLost, conference.KindLegBack}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		if !slices.Equal(errs, []error{nil, nil}) {
			t.Errorf("told %v", errs)
		}
	})
}

// TestFlappingLeg: of a leg that is lost and comes back again and again while the journal is
// out, the last loss and the last return are owed, and those before are answered.
func TestFlappingLeg(t *testing.T) {
	conform.Covers(t, "MSRP-CON-06")
	const times, retry = 1000, time.Second
	j := &faulty{Journal: local.New(local.Limits{})}
	bubble(t, func(c *instance.Config) { c.Journal = j }, nil, func(h *house) {
		i := h.create()
		h.join(i.Address(), "sip:bob@a.test", "bob1")
		h.join(i.Address(), "sip:carol@a.test", "carol1")
		seen := len(h.recorders[0].events)
		j.broken.Store(true)
		answers := make(map[error]int)
		note := func(r instance.Result) { answers[r.Err]++ }
		i.Do(conference.LoseLeg{At: time.Now(), Endpoint: "carol1"}, note)
		i.Do(conference.Leave{At: time.Now(), Endpoint: "carol1", Cause: conference.CauseHungup}, nil)
		var lost, back time.Time
		for range times {
			lost = time.Now()
			i.Do(conference.LoseLeg{At: lost, Endpoint: "bob1"}, note)
			pass(retry / 2)
			back = time.Now()
			i.Do(conference.RestoreLeg{At: back, Endpoint: "bob1"}, note)
			pass(retry / 2)
		}
		synctest.Wait()
		if len(answers) != 1 || answers[instance.ErrUnwanted] != 2*times-2 {
			t.Errorf("answered %v without journal", answers)
		}
		j.broken.Store(false)
		pass(2 * retry)
		synctest.Wait()
		if answers[nil] != 3 {
			t.Errorf("answered %v in the end", answers)
		}
		got := h.recorders[0].events[seen:]
		if len(got) != 4 || got[0].Kind() != conference.KindLegLost || got[1].Kind() != conference.KindDeparted {
			t.Fatalf("got %v", got)
		}
		want := []conference.Event{
			conference.LegLost{At: lost, User: "sip:bob@a.test", Endpoint: "bob1"},
			conference.LegBack{At: back, User: "sip:bob@a.test", Endpoint: "bob1"},
		}
		if !slices.Equal(got[2:], want) {
			t.Errorf("got %v, want %v", got[2:], want)
		}
	})
}
