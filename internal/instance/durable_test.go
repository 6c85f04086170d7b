package instance_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/internal/journal"
	"github.com/confab-chat/confab/internal/journal/local"
)

// ledger is a journal that counts what is appended at once.
type ledger struct {
	faulty

	takes   time.Duration // by each Append
	batches []int
	before  func() // called once, before the next Append; may be nil
}

func (l *ledger) Append(ctx context.Context, id conference.ID, after journal.Position, events ...conference.Event) (journal.Position, error) {
	if f := l.before; f != nil {
		l.before = nil
		f()
	}
	if l.takes > 0 {
		<-time.After(l.takes)
	}
	last, err := l.faulty.Append(ctx, id, after, events...)
	if err == nil {
		l.batches = append(l.batches, len(events))
	}
	return last, err
}

func durable(d *instance.Definition) { d.Policy.History.Durable = true }

// atOnce has the conference find all commands waiting when it looks.
func (h *house) atOnce(i *instance.Instance, commands ...conference.Command) []error {
	h.t.Helper()
	gate := make(chan struct{})
	if err := i.Look(func(*conference.State) { <-gate }); err != nil {
		h.t.Fatal(err)
	}
	synctest.Wait()
	errs := make([]error, len(commands))
	for k, c := range commands {
		errs[k] = errors.New("no answer")
		i.Do(c, func(r instance.Result) {
			errs[k] = r.Err
			if _, ok := c.(conference.Post); ok && r.Err == nil && len(r.Events) > 1 {
				h.t.Errorf("%d events of one message", len(r.Events))
			}
		})
	}
	close(gate)
	synctest.Wait()
	return errs
}

// TestMessagesShareACommit: the messages that wait go into the journal together,
// in their order; a repetition among them is none.
func TestMessagesShareACommit(t *testing.T) {
	l := &ledger{faulty: faulty{Journal: local.New(local.Limits{})}}
	bubble(t, func(c *instance.Config) { c.Journal = l }, open(durable), func(h *house) {
		i := h.join(lobby(), "sip:alice@a.test", "alice1")
		l.batches = nil
		stray := post("stray")
		stray.Message.Endpoint = "nobody"
		errs := h.atOnce(i, post("1"), post("2"), post("1"), stray, post("3"),
			conference.SetMedia{At: time.Now(), Endpoint: "alice1", Media: conference.SendOnly}, post("4"))
		want := []conference.Code{0, 0, 0, conference.CodeNoSuchEndpoint, 0, 0, 0}
		for k, err := range errs {
			if conference.CodeOf(err) != want[k] || err != nil && want[k] == 0 {
				t.Errorf("command %d: %v", k, err)
			}
		}
		if got := fmt.Sprint(l.batches); got != "[3 1 1]" {
			t.Errorf("batches of %s", got)
		}
		if got := h.recorders[0].kinds(); got != "created admitted connected posted posted posted media_set posted" {
			t.Errorf("seen: %s", got)
		}
		// A repetition that comes later is one as well.
		if errs := h.atOnce(i, post("2"), post("3")); errs[0] != nil || errs[1] != nil {
			t.Errorf("errors %v", errs)
		}
		if n := len(l.batches); n != 3 {
			t.Errorf("%d batches", n)
		}
	})
}

// TestRefusedTogether: where the journal takes nothing, nobody sees anything,
// and all are told; a repetition too, since the first one was not kept.
func TestRefusedTogether(t *testing.T) {
	l := &ledger{faulty: faulty{Journal: local.New(local.Limits{})}}
	bubble(t, func(c *instance.Config) { c.Journal = l }, open(durable), func(h *house) {
		i := h.join(lobby(), "sip:alice@a.test", "alice1")
		l.broken.Store(true)
		for k, err := range h.atOnce(i, post("1"), post("2"), post("1")) {
			if !errors.Is(err, errDisk) {
				t.Errorf("command %d: %v", k, err)
			}
		}
		if _, err := h.ask(lobby(), "sip:bob@a.test", "bob1"); !errors.Is(err, errDisk) {
			t.Errorf("join: %v", err)
		}
		l.broken.Store(false)
		for k, err := range h.atOnce(i, post("1"), post("2")) {
			if err != nil {
				t.Errorf("command %d: %v", k, err)
			}
		}
		if got := h.recorders[0].kinds(); got != "created admitted connected posted posted" {
			t.Errorf("seen: %s", got)
		}
	})
}

// TestConflictOfABatch: where somebody else has written meanwhile, that is taken
// in first.
func TestConflictOfABatch(t *testing.T) {
	l := &ledger{faulty: faulty{Journal: local.New(local.Limits{})}}
	bubble(t, func(c *instance.Config) { c.Journal = l }, open(durable), func(h *house) {
		i := h.join(lobby(), "sip:alice@a.test", "alice1")
		l.before = func() {
			foreign := post("foreign").Message
			if _, err := l.faulty.Append(context.Background(), i.ID(), journal.AnyPosition, conference.Posted{Message: foreign}); err != nil {
				t.Error(err)
			}
		}
		for k, err := range h.atOnce(i, post("1"), post("foreign"), post("2")) {
			if err != nil {
				t.Errorf("command %d: %v", k, err)
			}
		}
		if got := h.recorders[0].kinds(); got != "created admitted connected posted posted posted" {
			t.Errorf("seen: %s", got)
		}
	})
}

func TestRestore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := local.New(local.Limits{})
		keep := func(c *instance.Config) { c.Journal = j }
		h := newHouse(t, keep, open(durable)...)
		h.join(lobby(), "sip:alice@a.test", "alice1")
		h.close()

		h = newHouse(t, keep, open(durable)...)
		if err := h.Restore(t.Context(), lobby().ID(), "sip:none@conf.example.test"); err != nil {
			t.Fatal(err)
		}
		h.status(lobby(), instance.Active)
		if got := h.recorders[0].kinds(); got != "resumed departed" {
			t.Errorf("seen: %s", got)
		}
		if err := h.Restore(t.Context(), lobby().ID()); !errors.Is(err, instance.ErrTaken) {
			t.Errorf("restored twice: %v", err)
		}
		if err := h.Restore(t.Context(), "no URI"); err == nil {
			t.Error("restored nonsense")
		}
		pass(time.Minute)
		h.status(lobby(), instance.Reserved)
		if cause := h.recorders[0].end(t); cause != conference.EndEmpty {
			t.Errorf("ended: %s", cause)
		}
		h.close()

		// What cannot be written does not go on.
		h = newHouse(t, keep, open(durable)...)
		h.join(lobby(), "sip:alice@a.test", "alice1")
		h.close()
		broken := &faulty{Journal: j}
		broken.broken.Store(true)
		h = newHouse(t, func(c *instance.Config) { c.Journal = broken }, open(durable)...)
		if err := h.Restore(t.Context(), lobby().ID()); err != nil {
			t.Fatal(err)
		}
		h.status(lobby(), instance.Reserved)
		h.close()
	})
}

// TestOneShot: a URI reserved for one conference serves one, or none in time.
// D-03.
func TestOneShot(t *testing.T) {
	once := func(d *instance.Definition) { d.Once = true }
	bubble(t, nil, nil, func(h *house) {
		used, unused := open(once)[0], open(once)[0]
		unused.Address.User = "unused"
		for _, def := range []instance.Definition{used, unused} {
			if err := h.Reserve(t.Context(), def); err != nil {
				t.Fatal(err)
			}
		}
		// A call that comes to nothing does not use it up.
		var o outcome
		h.Join(used.Address, admit("sip:alice@a.test", "a0"), o.done)
		synctest.Wait()
		h.must(o.instance, conference.Withdraw{At: time.Now(), Endpoint: "a0", Cause: conference.CauseCancelled})
		h.status(used.Address, instance.Reserved)
		i := h.join(used.Address, "sip:alice@a.test", "a1")
		h.must(i, conference.Leave{At: time.Now(), Endpoint: "a1"})
		h.status(used.Address, instance.Ended)
		pass(24*time.Hour - 1)
		h.status(unused.Address, instance.Reserved)
		pass(1)
		h.status(unused.Address, instance.Ended)
		if n := len(h.All()); n != 0 {
			t.Errorf("%d conferences", n)
		}
	})
}

func TestCreators(t *testing.T) {
	creators := func(c *instance.Config) { c.Creators = conference.NewCircle("sip:alice@a.test", "B.test") }
	bubble(t, creators, nil, func(h *house) {
		for id, want := range map[conference.Identity]error{
			"sip:alice@a.test": nil, "sip:bob@b.test": nil, "sip:bob@a.test": instance.ErrNotCreator, "": instance.ErrNotCreator,
		} {
			var o outcome
			h.Create(instance.Founding{}, admit(id, "e"), o.done)
			synctest.Wait()
			if !errors.Is(o.err, want) {
				t.Errorf("%q: %v", id, o.err)
			}
		}
	})
}
