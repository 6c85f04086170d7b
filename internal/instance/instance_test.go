package instance_test

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/internal/journal"
	"github.com/confab-chat/confab/internal/journal/local"
)

func TestObserversSeeTheOrder(t *testing.T) {
	var seen []string
	second := func(*instance.Instance) instance.Observer {
		return &recorder{applied: func(e conference.Event) { seen = append(seen, "second "+string(e.Kind())) }}
	}
	bubble(t, func(c *instance.Config) { c.Attach = append(c.Attach, second) }, nil, func(h *house) {
		h.attach = func(r *recorder) {
			r.applied = func(e conference.Event) { seen = append(seen, "first "+string(e.Kind())) }
		}
		i := h.create()
		seen = nil
		i.Do(post("1"), func(r instance.Result) {
			seen = append(seen, "done")
			if r.Err != nil || r.Position != 4 || len(r.Events) != 1 || r.State.Position() != 4 {
				t.Errorf("result %+v", r)
			}
		})
		synctest.Wait()
		if want := []string{"first posted", "second posted", "done"}; !slices.Equal(seen, want) {
			t.Errorf("seen %q", seen)
		}
		if got := h.recorders[0].kinds(); got != "created admitted connected posted" {
			t.Errorf("first saw %s", got)
		}
	})
}

func TestRepetitionHasNoEvent(t *testing.T) {
	bubble(t, nil, nil, func(h *house) {
		i := h.create()
		h.must(i, post("1"))
		i.Do(post("1"), func(r instance.Result) {
			if r.Err != nil || r.Position != 0 || len(r.Events) != 0 {
				t.Errorf("result %+v", r)
			}
		})
	})
}

func TestCommandsOfAnObserverComeAfter(t *testing.T) {
	bubble(t, nil, nil, func(h *house) {
		h.attach = func(r *recorder) {
			r.applied = func(e conference.Event) {
				if c, ok := e.(conference.Connected); ok {
					r.instance.Do(conference.SetMedia{At: c.At, Endpoint: c.Endpoint, Media: conference.Inactive}, nil)
				}
			}
		}
		h.create()
		if got := h.recorders[0].kinds(); got != "created admitted connected media_set" {
			t.Errorf("seen %s", got)
		}
	})
}

func TestFlushOnceForAllThatWaited(t *testing.T) {
	bubble(t, nil, nil, func(h *house) {
		i := h.create()
		r := h.recorders[0]
		flushes := r.flushes
		hold := make(chan struct{})
		if err := i.Look(func(*conference.State) { <-hold }); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		for _, id := range []string{"1", "2", "3"} {
			i.Do(post(id), nil)
		}
		close(hold)
		synctest.Wait()
		if got := r.flushes - flushes; got != 2 || len(r.events) != 6 {
			t.Errorf("%d flushes for a look and three messages behind it, %s", got, r.kinds())
		}
	})
}

func TestLookReadsBetweenCommands(t *testing.T) {
	bubble(t, nil, nil, func(h *house) {
		i := h.create()
		i.Do(admit("sip:bob@b.test", "bob1").Admit, nil)
		i.Do(conference.Connect{At: time.Now(), Endpoint: "bob1"}, nil)
		users := 0
		if err := i.Look(func(s *conference.State) { users = s.UserCount() }); err != nil {
			t.Error(err)
		}
		i.Do(conference.Leave{At: time.Now(), Endpoint: "bob1"}, nil)
		synctest.Wait()
		if users != 2 {
			t.Errorf("%d users", users)
		}
	})
}

func TestFullQueueRefusesMessagesOnly(t *testing.T) {
	bounds := func(c *instance.Config) { c.Queue = instance.Queue{Commands: 4, Octets: 100} }
	bubble(t, bounds, nil, func(h *house) {
		i := h.create()
		hold := make(chan struct{})
		if err := i.Look(func(*conference.State) { <-hold }); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		large := post("large")
		large.Message.Body = make([]byte, 96)
		var errs []error
		note := func(r instance.Result) { errs = append(errs, r.Err) }
		for _, id := range []string{"1", "2", "3"} {
			i.Do(post(id), note)
		}
		i.Do(large, note) // too many octets
		i.Do(post("4"), note)
		i.Do(post("5"), note)                             // too many
		i.Do(admit("sip:bob@b.test", "bob1").Admit, note) // too many
		if err := i.Look(func(*conference.State) {}); !errors.Is(err, instance.ErrOverload) {
			t.Errorf("look: %v", err)
		}
		if len(errs) != 3 {
			t.Errorf("refused %v", errs)
		}
		i.Do(conference.LoseLeg{At: time.Now(), Endpoint: "alice1"}, note)
		i.Do(conference.Leave{At: time.Now(), Endpoint: "alice1"}, note)
		close(hold)
		synctest.Wait()
		for k, err := range errs {
			if overload := errors.Is(err, instance.ErrOverload); overload != (k < 3) || !overload && err != nil {
				t.Errorf("answer %d: %v", k, err)
			}
		}
		if len(errs) != 9 || h.recorders[0].end(t) != conference.EndEmpty {
			t.Errorf("%d answers, %s", len(errs), h.recorders[0].kinds())
		}
	})
}

func TestWhatComesAfterTheEnd(t *testing.T) {
	bubble(t, nil, nil, func(h *house) {
		i := h.create()
		hold := make(chan struct{})
		if err := i.Look(func(*conference.State) { <-hold }); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		answers, looked := 0, false
		ended := func(r instance.Result) {
			answers++
			if !errors.Is(r.Err, instance.ErrEnded) {
				t.Errorf("error %v", r.Err)
			}
		}
		i.Do(conference.End{At: time.Now()}, nil)
		i.Do(post("1"), ended)
		if err := i.Look(func(s *conference.State) { looked = s == nil }); err != nil {
			t.Error(err)
		}
		close(hold)
		<-i.Gone()
		i.Do(post("2"), ended)
		if err := i.Look(func(*conference.State) {}); !errors.Is(err, instance.ErrEnded) {
			t.Errorf("look: %v", err)
		}
		if answers != 2 || !looked || i.Phase() != conference.PhaseEnded {
			t.Errorf("%d answers, looked %v, phase %v", answers, looked, i.Phase())
		}
	})
}

func TestAnotherWriterIsTakenIn(t *testing.T) {
	j := local.New(local.Limits{})
	bubble(t, func(c *instance.Config) { c.Journal = j }, nil, func(h *house) {
		i := h.create()
		locked := conference.LockSet{At: time.Now(), Locked: true}
		if _, err := j.Append(t.Context(), i.ID(), journal.AnyPosition, locked); err != nil {
			t.Fatal(err)
		}
		i.Do(admit("sip:bob@b.test", "bob1").Admit, func(r instance.Result) {
			if conference.CodeOf(r.Err) != conference.CodeLocked {
				t.Errorf("bob is not kept out by a lock set elsewhere: %v", r.Err)
			}
		})
		synctest.Wait()
		if got := h.recorders[0].kinds(); got != "created admitted connected lock_set" {
			t.Errorf("seen %s", got)
		}
		h.must(i, post("1"))
	})
}

func TestFaultOfTheJournalChangesNothing(t *testing.T) {
	j := &faulty{Journal: local.New(local.Limits{})}
	bubble(t, func(c *instance.Config) { c.Journal = j }, open(nil), func(h *house) {
		i := h.create()
		j.broken.Store(true)
		if err := h.try(i, post("1")); !errors.Is(err, errDisk) {
			t.Errorf("error %v", err)
		}
		if _, err := h.ask(lobby(), "sip:bob@b.test", "bob1"); !errors.Is(err, errDisk) {
			t.Errorf("error %v", err)
		}
		h.status(lobby(), instance.Reserved)
		if got := h.recorders[0].kinds(); got != "created admitted connected" {
			t.Errorf("seen %s", got)
		}
		// What time demands is tried again.
		h.must(i, conference.Expire{At: time.Now()})
		time.AfterFunc(24*time.Hour+10*time.Second, func() { j.broken.Store(false) })
		<-i.Gone()
		if h.recorders[0].end(t) != conference.EndDuration {
			t.Errorf("seen %s", h.recorders[0].kinds())
		}
	})
}
