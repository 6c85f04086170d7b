package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/internal/journal/local"
	"github.com/confab-chat/confab/internal/store"
)

// node is a server's directory on a database.
type node struct {
	*instance.Directory
	t  *testing.T
	db *store.DB
}

func start(t *testing.T, dir string, configured ...instance.Definition) *node {
	t.Helper()
	db := open(t, store.Options{Dir: dir})
	d, err := instance.NewDirectory(instance.Config{
		Journal: local.Open(local.Limits{}, db), Domain: "conf.example.test", Registry: db,
	}, configured...)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Restore(t.Context(), db.Unfinished()...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // those that nobody has ended
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_ = d.Shutdown(ctx)
	})
	return &node{d, t, db}
}

// stop ends the server in the proper way.
func (n *node) stop() {
	n.t.Helper()
	if err := n.Shutdown(n.t.Context()); err != nil {
		n.t.Error(err)
	}
	shut(n.t, n.db)
}

// kill ends the server as a crash would: what was not written is gone, and
// nothing is told to anybody.
func (n *node) kill() {
	n.t.Helper()
	shut(n.t, n.db)
}

// do carries a command out.
func (n *node) do(a instance.Address, c conference.Command) error {
	n.t.Helper()
	i := n.Lookup(a).Instance
	if i == nil {
		n.t.Fatalf("%s does not run", a.ID())
	}
	return i.Await(n.t.Context(), c)
}

func (n *node) must(a instance.Address, c conference.Command) {
	n.t.Helper()
	if err := n.do(a, c); err != nil {
		n.t.Fatalf("%T: %v", c, err)
	}
}

// join lets a user in and connects him.
func (n *node) join(a instance.Address, id conference.Identity, ep conference.EndpointID) error {
	n.t.Helper()
	result := make(chan error, 1)
	n.Join(a, instance.Admission{Admit: conference.Admit{At: time.Now(), Identity: id, Endpoint: ep}},
		func(_ *instance.Instance, r instance.Result) { result <- r.Err })
	if err := <-result; err != nil {
		return err
	}
	return n.do(a, conference.Connect{At: time.Now(), Endpoint: ep})
}

func (n *node) look(a instance.Address, f func(*conference.State)) {
	n.t.Helper()
	done := make(chan struct{})
	if err := n.Lookup(a).Instance.Look(func(s *conference.State) {
		defer close(done)
		f(s)
	}); err != nil {
		n.t.Fatal(err)
	}
	<-done
}

func here(user string) instance.Address {
	return instance.Address{User: user, Host: "conf.example.test"}
}

func reserved(user string, durable bool) instance.Definition {
	p := conference.DefaultPolicy()
	p.History.Durable = durable
	p.End.MaxDuration = 0
	return instance.Definition{
		Address: here(user), Subject: "Room " + user, Owner: "sip:alice@example.test",
		Moderators: []conference.Identity{"sip:mod@example.test"}, Members: []string{"example.test"}, Policy: p,
	}
}

func TestRecordsSurvive(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	n := start(t, dir)
	def := reserved("room/1", true)
	def.Aliases = []instance.Address{here("alias")}
	def.StartAt = time.Now().Add(-time.Hour).UTC()
	for _, d := range []instance.Definition{def, reserved("gone", false)} {
		if err := n.Reserve(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	if err := n.Release(t.Context(), here("gone")); err != nil {
		t.Fatal(err)
	}
	if err := n.Reserve(t.Context(), def); !errors.Is(err, instance.ErrTaken) {
		t.Errorf("reserved twice: %v", err)
	}
	n.kill()

	n = start(t, dir)
	e := n.Lookup(here("alias"))
	if e.Status != instance.Reserved {
		t.Fatalf("%s", e.Status)
	}
	if diff := cmp.Diff(def, *e.Definition, cmpopts.IgnoreUnexported(instance.Definition{})); diff != "" {
		t.Error(diff)
	}
	if e := n.Lookup(here("gone")); e.Status != instance.Ended {
		t.Errorf("%s, want it in quarantine", e.Status)
	}
	if err := n.Reserve(t.Context(), reserved("gone", false)); !errors.Is(err, instance.ErrTaken) {
		t.Errorf("in quarantine: %v", err)
	}
	n.stop()
}

// TestAmendments: what the administration changes about a configured conference
// stands until the configuration says something new.
func TestAmendments(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	configured := reserved("lobby", false)
	n := start(t, dir, configured)
	if err := n.join(here("lobby"), "sip:alice@example.test", "alice1"); err != nil {
		t.Fatal(err)
	}
	subject, members := "Amended", []string{"sip:alice@example.test"}
	policy := configured.Policy
	policy.Join = conference.JoinMembers
	for range 2 {
		if err := n.Amend(t.Context(), here("lobby"), instance.Amendment{Subject: &subject, Members: &members, Policy: &policy}); err != nil {
			t.Fatal(err)
		}
	}
	n.look(here("lobby"), func(s *conference.State) {
		if s.Subject() != subject || s.Policy().Join != conference.JoinMembers {
			t.Errorf("running: %q, %v", s.Subject(), s.Policy().Join)
		}
	})
	if err := n.Amend(t.Context(), here("nowhere"), instance.Amendment{}); !errors.Is(err, instance.ErrNotFound) {
		t.Errorf("error %v", err)
	}
	n.stop()

	n = start(t, dir, configured)
	if def := n.Lookup(here("lobby")).Definition; def.Subject != subject || def.Policy.Join != conference.JoinMembers {
		t.Errorf("after a restart: %+v", def)
	}
	if err := n.join(here("lobby"), "sip:bob@example.test", "bob1"); conference.CodeOf(err) != conference.CodeNotMember {
		t.Errorf("error %v", err)
	}
	n.stop()

	edited := configured
	edited.Subject = "Edited"
	n = start(t, dir, edited)
	if def := n.Lookup(here("lobby")).Definition; def.Subject != "Edited" || def.Policy.Join != conference.JoinOpen {
		t.Errorf("after an edit: %+v", def)
	}
	n.stop()

	n = start(t, dir)
	if e := n.Lookup(here("lobby")); e.Status != instance.Unallocated {
		t.Errorf("no longer configured: %s", e.Status)
	}
	n.stop()
}

// TestConferenceGoesOn: a durable conference goes on behind a crash and behind a
// shutdown, with all that was decided, and without those who were there.
func TestConferenceGoesOn(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*node){"crash": (*node).kill, "shutdown": (*node).stop} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			lobby, now := here("lobby"), time.Now()
			n := start(t, dir, reserved("lobby", true))
			for _, id := range []conference.Identity{"sip:alice@example.test", "sip:bob@example.test"} {
				if err := n.join(lobby, id, conference.EndpointID(id)); err != nil {
					t.Fatal(err)
				}
			}
			n.must(lobby, conference.SetNickname{At: now, Endpoint: "sip:alice@example.test", Nickname: "Ally"})
			n.must(lobby, conference.Bar{At: now, Identity: "sip:mallory@example.test"})
			n.must(lobby, conference.Appoint{At: now, Identity: "sip:bob@example.test", Role: conference.RoleModerator})
			n.must(lobby, conference.Lock{At: now, Locked: true})
			n.must(lobby, conference.Post{Message: &conference.Message{
				At: now, ID: "1", User: "sip:alice@example.test", Endpoint: "sip:alice@example.test", Body: []byte("hello"),
			}})
			end(n)

			edited := reserved("lobby", true)
			edited.Subject = "Edited meanwhile"
			again := time.Now()
			n = start(t, dir, edited)
			n.look(lobby, func(s *conference.State) {
				if s.Subject() != edited.Subject {
					t.Errorf("subject %q", s.Subject())
				}
				if !s.Alive() || s.UserCount() != 0 || !s.Locked() || !s.Barred("sip:mallory@example.test") ||
					s.Role("sip:bob@example.test") != conference.RoleModerator {
					t.Errorf("alive %t, %d users, locked %t", s.Alive(), s.UserCount(), s.Locked())
				}
				if next := s.NextTimeout(); next.Before(again.Add(time.Minute)) || next.After(time.Now().Add(time.Minute)) {
					t.Errorf("waits until %v, %v after it began anew", next, next.Sub(again))
				}
			})
			if err := n.join(lobby, "sip:mallory@example.test", "m"); conference.CodeOf(err) != conference.CodeBarred {
				t.Errorf("barred: %v", err)
			}
			if err := n.join(lobby, "sip:carol@example.test", "c"); conference.CodeOf(err) != conference.CodeLocked {
				t.Errorf("locked: %v", err)
			}
			if err := n.join(lobby, "sip:bob@example.test", "b"); err != nil {
				t.Errorf("who was there: %v", err)
			}
			taken := n.do(lobby, conference.SetNickname{At: time.Now(), Endpoint: "b", Nickname: "ally"})
			if conference.CodeOf(taken) != conference.CodeNicknameTaken {
				t.Errorf("nickname of who was lost: %v", taken)
			}
			j := local.Open(local.Limits{}, n.db)
			entries, err := j.Messages(t.Context(), lobby.ID(), ^conference.Position(0), 10)
			if err != nil || texts(entries) != "hello" {
				t.Errorf("history %q, %v", texts(entries), err)
			}
			n.stop()
		})
	}
}

// TestMemoryOnlyIsGone: what is not durable is not there after a crash.
func TestMemoryOnlyIsGone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	n := start(t, dir, reserved("lobby", false))
	if err := n.join(here("lobby"), "sip:alice@example.test", "a"); err != nil {
		t.Fatal(err)
	}
	n.kill()
	n = start(t, dir, reserved("lobby", false))
	if e := n.Lookup(here("lobby")); e.Status != instance.Reserved {
		t.Errorf("%s", e.Status)
	}
	n.stop()
}
