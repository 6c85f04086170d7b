package instance_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/internal/journal/local"
)

func TestFactoryConferenceFromCreationToEnd(t *testing.T) {
	bubble(t, nil, nil, func(h *house) {
		first, second := h.create(), h.create()
		if first.ID() == second.ID() {
			t.Fatal("two creations, one conference")
		}
		h.status(first.Address(), instance.Active)
		if got := h.Lookup(first.Address()); got.Instance != first || got.ID != first.ID() || got.Definition != nil {
			t.Errorf("looked up %+v", got)
		}
		h.must(first, conference.Leave{At: time.Now(), Endpoint: "alice1"})
		<-first.Gone()
		h.status(first.Address(), instance.Ended)
		h.status(second.Address(), instance.Active)
		if _, err := h.ask(first.Address(), "sip:bob@b.test", "bob1"); !errors.Is(err, instance.ErrNotFound) {
			t.Errorf("join of an ended conference: %v", err)
		}
	})
}

func TestURIsOfTheFactory(t *testing.T) {
	const n = 200
	bubble(t, func(c *instance.Config) { c.MaxPerUser, c.Attach = -1, nil }, nil, func(h *house) {
		form := regexp.MustCompile(`^sip:[a-z2-7]{26}@conf\.example\.test$`)
		seen := make(map[conference.ID]bool, n)
		var mu sync.Mutex
		for k := range n {
			h.Create(instance.Founding{}, admit("sip:alice@a.test", "alice1"), func(i *instance.Instance, r instance.Result) {
				mu.Lock()
				defer mu.Unlock()
				if r.Err != nil || !form.MatchString(string(i.ID())) || seen[i.ID()] {
					t.Errorf("conference %d: %s, %v", k, i.ID(), r.Err)
				}
				seen[i.ID()] = true
			})
		}
		synctest.Wait()
		if len(seen) != n {
			t.Errorf("%d conferences", len(seen))
		}
	})
}

func TestReservedConferenceRunsAgainAndAgain(t *testing.T) {
	bubble(t, nil, open(nil), func(h *house) {
		h.status(lobby(), instance.Reserved)
		for range 3 {
			i := h.join(lobby(), "sip:alice@a.test", "alice1")
			if i.ID() != "sip:lobby@conf.example.test" {
				t.Errorf("conference %s", i.ID())
			}
			h.status(lobby(), instance.Active)
			if again := h.join(lobby(), "sip:bob@b.test", "bob1"); again != i {
				t.Error("bob came into another conference")
			}
			h.must(i, conference.Leave{At: time.Now(), Endpoint: "alice1"})
			h.must(i, conference.Leave{At: time.Now(), Endpoint: "bob1"})
			<-i.Gone()
			h.status(lobby(), instance.Reserved)
		}
		if len(h.recorders) != 3 {
			t.Errorf("%d instances", len(h.recorders))
		}
	})
}

func TestJoinsRaceForAReservedConference(t *testing.T) {
	conform.Covers(t, "FOC-CRE-04")
	bubble(t, nil, open(nil), func(h *house) {
		const n = 50
		outcomes := make([]outcome, n)
		var wg sync.WaitGroup
		for k := range outcomes {
			wg.Go(func() {
				id := fmt.Sprintf("sip:u%d@a.test", k)
				h.Join(lobby(), admit(conference.Identity(id), conference.EndpointID(id)), outcomes[k].done)
			})
		}
		wg.Wait()
		synctest.Wait()
		for k, o := range outcomes {
			if o.calls != 1 || o.err != nil || o.instance != outcomes[0].instance {
				t.Errorf("join %d: %+v", k, o)
			}
		}
		if len(h.recorders) != 1 || strings.Count(h.recorders[0].kinds(), "created") != 1 {
			t.Errorf("%d instances", len(h.recorders))
		}
		if got := strings.Count(h.recorders[0].kinds(), "admitted"); got != n {
			t.Errorf("%d admitted", got)
		}
	})
}

func TestRefusedFounderLeavesNothing(t *testing.T) {
	members := func(d *instance.Definition) {
		d.Policy.Join, d.Members = conference.JoinMembers, []string{"a.test"}
	}
	bubble(t, nil, open(members), func(h *house) {
		i, err := h.ask(lobby(), "sip:mallory@m.test", "m1")
		if conference.CodeOf(err) != conference.CodeNotMember {
			t.Fatal(err)
		}
		<-i.Gone()
		h.status(lobby(), instance.Reserved)
		if got := h.recorders[0].kinds(); got != "" {
			t.Errorf("observers saw %s", got)
		}
		// Outsiders and a member at the same time: the member gets in.
		const n = 20
		outcomes := make([]outcome, n)
		var wg sync.WaitGroup
		for k := range outcomes {
			wg.Go(func() {
				id := fmt.Sprintf("sip:u%d@m.test", k)
				if k == n/2 {
					id = "sip:alice@a.test"
				}
				h.Join(lobby(), admit(conference.Identity(id), conference.EndpointID(id)), outcomes[k].done)
			})
		}
		wg.Wait()
		synctest.Wait()
		for k, o := range outcomes {
			want := conference.CodeNotMember
			if k == n/2 {
				want = 0
			}
			if o.calls != 1 || conference.CodeOf(o.err) != want || want == 0 && o.err != nil {
				t.Errorf("join %d: %+v", k, o)
			}
		}
		h.status(lobby(), instance.Creating)

		private := conference.DefaultPolicy()
		private.MaxUsers, private.EndpointsPerUser = 1, 1
		var o outcome
		h.Create(instance.Founding{Policy: private}, instance.Admission{Admit: conference.Admit{Replaces: "nothing"}}, o.done)
		synctest.Wait()
		if conference.CodeOf(o.err) != conference.CodeNoSuchEndpoint || len(h.All()) != 1 {
			t.Errorf("%v, %d conferences", o.err, len(h.All()))
		}
		h.status(o.instance.Address(), instance.Unallocated)
	})
}

func TestWhoMayStart(t *testing.T) {
	bubble(t, nil, nil, func(h *house) {
		def := open(func(d *instance.Definition) {
			d.StartAt = time.Now().Add(10 * time.Minute)
			d.Starters = []conference.Identity{"sip:alice@a.test"}
		})[0]
		if err := h.Reserve(h.t.Context(), def); err != nil {
			t.Fatal(err)
		}
		if _, err := h.ask(lobby(), "sip:alice@a.test", "alice1"); !errors.Is(err, instance.ErrNotYet) {
			t.Errorf("before the time: %v", err)
		}
		pass(10 * time.Minute)
		if _, err := h.ask(lobby(), "sip:bob@b.test", "bob1"); conference.CodeOf(err) != conference.CodeNotStarted {
			t.Errorf("before alice: %v", err)
		}
		h.status(lobby(), instance.Reserved)
		h.join(lobby(), "sip:alice@a.test", "alice1")
		h.join(lobby(), "sip:bob@b.test", "bob1")
	})
}

func TestTerminating(t *testing.T) {
	bubble(t, nil, open(nil), func(h *house) {
		var finish []func()
		h.attach = func(r *recorder) {
			r.drain = func(done func()) { finish = append(finish, done) }
		}
		room, made := h.join(lobby(), "sip:alice@a.test", "alice1"), h.create()
		for i, want := range map[*instance.Instance]error{room: instance.ErrTerminating, made: instance.ErrNotFound} {
			h.must(i, conference.End{At: time.Now()})
			h.status(i.Address(), instance.Terminating)
			if _, err := h.ask(i.Address(), "sip:bob@b.test", "bob1"); !errors.Is(err, want) {
				t.Errorf("join while terminating: %v, want %v", err, want)
			}
		}
		// One observer finishes, the other never does.
		for range 2 {
			finish[0]()
		}
		begun := time.Now()
		<-room.Gone()
		<-made.Gone()
		if waited := time.Since(begun); waited != 32*time.Second {
			t.Errorf("gone after %v, want 64·T1", waited)
		}
		h.status(lobby(), instance.Reserved)
		h.status(made.Address(), instance.Ended)
		h.attach = nil
		h.join(lobby(), "sip:bob@b.test", "bob1")
	})
}

func TestQuarantine(t *testing.T) {
	bubble(t, func(c *instance.Config) { c.MaxQuarantined = 3 }, nil, func(h *house) {
		i := h.create()
		h.must(i, conference.End{At: time.Now()})
		<-i.Gone()
		def := instance.Definition{Address: i.Address()}
		pass(24*time.Hour - 1)
		if err := h.Reserve(h.t.Context(), def); !errors.Is(err, instance.ErrTaken) {
			t.Errorf("in quarantine: %v", err)
		}
		pass(1)
		h.status(i.Address(), instance.Unallocated)
		if err := h.Reserve(h.t.Context(), def); err != nil {
			t.Errorf("after quarantine: %v", err)
		}
		// The oldest goes when there are too many.
		var ended []instance.Address
		for range 4 {
			i := h.create()
			h.must(i, conference.End{At: time.Now()})
			<-i.Gone()
			ended = append(ended, i.Address())
		}
		h.status(ended[0], instance.Unallocated)
		h.status(ended[1], instance.Ended)
	})
}

func TestReserveAndRelease(t *testing.T) {
	alias := instance.Address{User: "Foyer", Host: domain}
	aliased := func(d *instance.Definition) { d.Aliases = []instance.Address{alias} }
	bubble(t, nil, open(aliased), func(h *house) {
		i := h.join(alias, "sip:alice@a.test", "alice1")
		if i.Address() != lobby() {
			t.Errorf("joined %v", i.Address())
		}
		h.status(instance.Address{User: "lobby", Host: "CONF.example.TEST"}, instance.Active)
		h.status(instance.Address{User: "Lobby", Host: domain}, instance.Unallocated)
		for _, def := range []instance.Definition{
			{Address: lobby()},
			{Address: alias},
			{Address: instance.Address{User: "x", Host: domain}, Aliases: []instance.Address{lobby()}},
		} {
			if err := h.Reserve(h.t.Context(), def); !errors.Is(err, instance.ErrTaken) {
				t.Errorf("%v: %v", def.Address, err)
			}
		}
		if _, err := h.ask(instance.Address{User: "x", Host: domain}, "sip:bob@b.test", "b"); !errors.Is(err, instance.ErrNotFound) {
			t.Errorf("unallocated: %v", err)
		}
		if err := h.Release(h.t.Context(), alias); err != nil {
			t.Error(err)
		}
		if err := h.Release(h.t.Context(), alias); !errors.Is(err, instance.ErrNotFound) {
			t.Errorf("released twice: %v", err)
		}
		h.status(lobby(), instance.Active)
		h.must(i, conference.Leave{At: time.Now(), Endpoint: "alice1"})
		<-i.Gone()
		h.status(lobby(), instance.Ended)
		h.status(alias, instance.Unallocated)
	})
}

func TestAllIsSorted(t *testing.T) {
	bubble(t, nil, open(nil), func(h *house) {
		if err := h.Reserve(h.t.Context(), instance.Definition{Address: instance.Address{User: "zoo?", Host: domain}}); err != nil {
			t.Fatal(err)
		}
		h.join(lobby(), "sip:alice@a.test", "alice1")
		got := ""
		for _, e := range h.All() {
			got += fmt.Sprintln(e.ID, e.Status, e.Definition.Subject)
		}
		want := "sip:lobby@conf.example.test active Lobby\nsip:zoo?@conf.example.test reserved \n"
		if got != want {
			t.Errorf("got\n%swant\n%s", got, want)
		}
		if id := (instance.Address{User: "a b%", Host: "h"}).ID(); id != "sip:a%20b%25@h" {
			t.Errorf("id %s", id)
		}
	})
}

func TestLimits(t *testing.T) {
	few := func(c *instance.Config) { c.MaxPerUser, c.MaxConferences = 2, 3 }
	bubble(t, few, open(nil), func(h *house) {
		first := h.create()
		h.create()
		var o outcome
		h.Create(instance.Founding{}, admit("sip:alice@a.test", "a"), o.done)
		if !errors.Is(o.err, instance.ErrUserLimit) {
			t.Errorf("third of one user: %v", o.err)
		}
		i := h.join(lobby(), "sip:alice@a.test", "alice1")
		h.Create(instance.Founding{}, admit("sip:bob@b.test", "b"), o.done)
		if !errors.Is(o.err, instance.ErrServerLimit) {
			t.Errorf("fourth at all: %v", o.err)
		}
		h.must(i, conference.End{At: time.Now()})
		h.must(first, conference.End{At: time.Now()})
		<-i.Gone()
		<-first.Gone()
		h.create()
	})
}

func TestShutdown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, nil, open(nil)...)
		h.create()
		h.join(lobby(), "sip:alice@a.test", "alice1")
		if err := h.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		for _, r := range h.recorders {
			if got := r.end(t); got != conference.EndShutdown {
				t.Errorf("ended by %v", got)
			}
		}
		if _, err := h.ask(lobby(), "sip:bob@b.test", "bob1"); !errors.Is(err, instance.ErrDraining) {
			t.Errorf("join: %v", err)
		}
		var o outcome
		h.Create(instance.Founding{}, admit("sip:bob@b.test", "bob1"), o.done)
		if !errors.Is(o.err, instance.ErrDraining) {
			t.Errorf("create: %v", o.err)
		}
	})
}

func TestShutdownDoesNotWaitForEver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, func(c *instance.Config) { c.DrainTimeout = time.Hour })
		h.attach = func(r *recorder) { r.drain = func(func()) {} }
		i := h.create()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		begun := time.Now()
		if err := h.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
		<-i.Gone()
		if waited := time.Since(begun); waited != 10*time.Second {
			t.Errorf("took %v", waited)
		}
	})
}

func TestConfigNeedsJournalAndDomain(t *testing.T) {
	t.Parallel()
	for _, cfg := range []instance.Config{{Domain: domain}, {Journal: local.New(local.Limits{})}} {
		if _, err := instance.NewDirectory(cfg); err == nil {
			t.Errorf("%+v is taken", cfg)
		}
	}
	cfg := instance.Config{Domain: domain, Journal: local.New(local.Limits{})}
	if _, err := instance.NewDirectory(cfg, append(open(nil), open(nil)...)...); !errors.Is(err, instance.ErrTaken) {
		t.Errorf("one URI reserved twice: %v", err)
	}
}

// TestUnwantedAdmissionTakesNoPlace has callers give up while the conference is
// busy: who comes after them finds the places free.
func TestUnwantedAdmissionTakesNoPlace(t *testing.T) {
	bubble(t, nil, open(nil), func(h *house) {
		given := admit("sip:bob@b.test", "gone")
		given.Wanted = func() bool { return false }
		var founder outcome
		h.Join(lobby(), given, founder.done)
		synctest.Wait()
		if !errors.Is(founder.err, instance.ErrUnwanted) || founder.calls != 1 {
			t.Errorf("the first is answered %v, %d times", founder.err, founder.calls)
		}
		h.status(lobby(), instance.Reserved)

		i := h.join(lobby(), "sip:alice@a.test", "alice1")
		hold := make(chan struct{})
		if err := i.Look(func(*conference.State) { <-hold }); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		asked := make([]outcome, 6)
		waits := true
		for k := range asked {
			a := admit("sip:bob@b.test", conference.EndpointID("bob"+strconv.Itoa(k)))
			a.Wanted = func() bool { return waits || k == len(asked)-1 }
			h.Join(lobby(), a, asked[k].done)
		}
		waits = false
		close(hold)
		synctest.Wait()
		for k, o := range asked {
			if last := k == len(asked)-1; o.calls != 1 || errors.Is(o.err, instance.ErrUnwanted) == last || last && o.err != nil {
				t.Errorf("admission %d is answered %v, %d times", k, o.err, o.calls)
			}
		}
		if got := h.recorders[1].kinds(); got != "created admitted connected admitted" {
			t.Errorf("seen %s", got)
		}
	})
}
