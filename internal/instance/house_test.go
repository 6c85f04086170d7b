package instance_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/internal/journal"
	"github.com/confab-chat/confab/internal/journal/local"
)

const domain = "conf.example.test"

// recorder is an observer that remembers what it is told.
type recorder struct {
	instance *instance.Instance
	events   []conference.Event
	last     conference.Position
	users    int // at the last event
	flushes  int
	applied  func(conference.Event) // may be nil
	drain    func(done func())      // nil: done at once
}

func (r *recorder) Applied(s *conference.State, at conference.Position, e conference.Event) {
	r.events = append(r.events, e)
	r.last, r.users = at, s.UserCount()
	if r.applied != nil {
		r.applied(e)
	}
}

func (r *recorder) Flush() { r.flushes++ }

func (r *recorder) Drain(done func()) {
	if r.drain == nil {
		done()
		return
	}
	r.drain(done)
}

// kinds returns the kinds of the events seen.
func (r *recorder) kinds() string {
	words := make([]string, len(r.events))
	for i, e := range r.events {
		words[i] = string(e.Kind())
	}
	return strings.Join(words, " ")
}

// end returns the cause of the end that was seen.
func (r *recorder) end(t *testing.T) conference.EndCause {
	t.Helper()
	if len(r.events) > 0 {
		if e, ok := r.events[len(r.events)-1].(conference.Ended); ok {
			return e.Cause
		}
	}
	t.Fatalf("no end in %s", r.kinds())
	return 0
}

// house is a directory under test, in a synctest bubble, with what it told its
// observers.
type house struct {
	*instance.Directory
	t         *testing.T
	recorders []*recorder
	attach    func(*recorder) // may be nil
}

func newHouse(t *testing.T, change func(*instance.Config), reserved ...instance.Definition) *house {
	t.Helper()
	h := &house{t: t}
	cfg := instance.Config{Journal: local.New(local.Limits{}), Domain: domain}
	cfg.Attach = append(cfg.Attach, func(i *instance.Instance) instance.Observer {
		r := &recorder{instance: i}
		h.recorders = append(h.recorders, r)
		if h.attach != nil {
			h.attach(r)
		}
		return r
	})
	if change != nil {
		change(&cfg)
	}
	d, err := instance.NewDirectory(cfg, reserved...)
	if err != nil {
		t.Fatal(err)
	}
	h.Directory = d
	return h
}

// outcome is what came of an admission.
type outcome struct {
	instance *instance.Instance
	err      error
	calls    int
}

func (o *outcome) done(i *instance.Instance, r instance.Result) {
	o.instance, o.err = i, r.Err
	o.calls++
}

func admit(user conference.Identity, ep conference.EndpointID) instance.Admission {
	return instance.Admission{Admit: conference.Admit{At: time.Now(), Identity: user, Endpoint: ep}}
}

// create makes a factory conference that alice is in.
func (h *house) create() *instance.Instance {
	h.t.Helper()
	var o outcome
	h.Create(instance.Founding{}, admit("sip:alice@a.test", "alice1"), o.done)
	synctest.Wait()
	if o.err != nil {
		h.t.Fatal(o.err)
	}
	h.must(o.instance, conference.Connect{At: time.Now(), Endpoint: "alice1"})
	return o.instance
}

// join lets somebody into a conference and connects it.
func (h *house) join(a instance.Address, user conference.Identity, ep conference.EndpointID) *instance.Instance {
	h.t.Helper()
	i, err := h.ask(a, user, ep)
	if err != nil {
		h.t.Fatal(err)
	}
	h.must(i, conference.Connect{At: time.Now(), Endpoint: ep})
	return i
}

// ask asks for admission.
func (h *house) ask(a instance.Address, user conference.Identity, ep conference.EndpointID) (*instance.Instance, error) {
	h.t.Helper()
	var o outcome
	h.Join(a, admit(user, ep), o.done)
	synctest.Wait()
	if o.calls != 1 {
		h.t.Fatalf("done was called %d times", o.calls)
	}
	return o.instance, o.err
}

// try carries out a command.
func (h *house) try(i *instance.Instance, c conference.Command) error {
	h.t.Helper()
	err := errors.New("no answer")
	i.Do(c, func(r instance.Result) { err = r.Err })
	synctest.Wait()
	return err
}

// must is try for commands that are not refused.
func (h *house) must(i *instance.Instance, c conference.Command) {
	h.t.Helper()
	if err := h.try(i, c); err != nil {
		h.t.Fatalf("%T: %v", c, err)
	}
}

// status checks where a conference stands.
func (h *house) status(a instance.Address, want instance.Status) {
	h.t.Helper()
	synctest.Wait()
	if got := h.Lookup(a).Status; got != want {
		h.t.Errorf("%s is %v, want %v", a.ID(), got, want)
	}
}

// close ends the directory, so that the bubble can end.
func (h *house) close() {
	h.t.Helper()
	if err := h.Shutdown(context.Background()); err != nil {
		h.t.Error(err)
	}
}

// bubble runs a test in a synctest bubble with a house.
func bubble(t *testing.T, change func(*instance.Config), reserved []instance.Definition, test func(*house)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, change, reserved...)
		defer h.close()
		test(h)
	})
}

func lobby() instance.Address { return instance.Address{User: "lobby", Host: domain} }

func open(change func(*instance.Definition)) []instance.Definition {
	d := instance.Definition{Address: lobby(), Subject: "Lobby", Policy: conference.DefaultPolicy()}
	if change != nil {
		change(&d)
	}
	return []instance.Definition{d}
}

// post is a message of alice's.
func post(id string) conference.Post {
	return conference.Post{Message: &conference.Message{
		At: time.Now(), ID: id, User: "sip:alice@a.test", Endpoint: "alice1", SenderID: id, Body: []byte("hello"),
	}}
}

// errDisk is what a faulty journal says.
var errDisk = fmt.Errorf("disk full: %w", journal.ErrUnavailable)

// faulty is a journal that fails while it is told to.
type faulty struct {
	journal.Journal
	broken atomic.Bool
}

func (f *faulty) Append(ctx context.Context, id conference.ID, after journal.Position, events ...conference.Event) (journal.Position, error) {
	if f.broken.Load() {
		return 0, errDisk
	}
	last, err := f.Journal.Append(ctx, id, after, events...)
	if err != nil {
		return 0, fmt.Errorf("faulty: %w", err)
	}
	return last, nil
}

// pass lets time pass.
func pass(d time.Duration) { <-time.After(d) }
