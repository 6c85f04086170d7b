package instance

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/journal"
)

// Instance is a conference alive on this node. Its methods may be called from
// any goroutine.
type Instance struct {
	// Fixed.
	id        conference.ID
	address   Address
	template  conference.Create   // without At and First
	founder   conference.Identity // who is charged for it; empty: nobody
	directory *Directory
	journal   journal.Journal
	condenser journal.Condenser // nil: the journal wants no snapshots
	log       *slog.Logger
	queue     *queue
	resumes   bool            // it was alive before, on a server that has ended
	gone      chan struct{}   // closed when nothing is left
	lifetime  context.Context //nolint:containedctx // ends when the instance is cut off
	cut       context.CancelFunc

	// Fixed by start.
	observers []Observer
	flushers  []Flusher

	phase      atomic.Uint32 // conference.Phase and EndCause, for those who may not look
	successors successors

	// Owned by the run loop.
	state  conference.State
	events []conference.Event // buffer
	batch  batch              // buffer
	failed time.Time          // when the last snapshot could not be written
	owed   owed
	pace   pace
}

func newInstance(d *Directory, a Address, template conference.Create, founder conference.Identity) *Instance {
	i := &Instance{
		id: template.ID, address: a, template: template, founder: founder, directory: d,
		journal: d.cfg.Journal, queue: newQueue(d.cfg.Queue), gone: make(chan struct{}),
		log: d.cfg.Log.With(slog.String("conference", string(template.ID))),
	}
	i.condenser, _ = d.cfg.Journal.(journal.Condenser)
	i.lifetime, i.cut = context.WithCancel(context.Background())
	return i
}

// Result is what became of a command.
type Result struct {
	// Position is that of the last of the events; zero if there are none.
	Position conference.Position
	// Events are those that followed from the command; they belong to the
	// instance and may be read until done returns.
	Events []conference.Event
	// State is the conference after them, to be read until done returns; nil
	// where Err is ErrOverload or ErrEnded.
	State *conference.State
	// Err is a [*conference.Refusal], ErrOverload, ErrEnded, ErrUnwanted, or the
	// journal's error. Nothing has changed then.
	Err error
}

// ID returns the conference URI.
func (i *Instance) ID() conference.ID { return i.id }

// Address returns the conference URI in parts.
func (i *Instance) Address() Address { return i.address }

// Phase returns where the conference stands, which may have changed when it
// returns.
func (i *Instance) Phase() conference.Phase { return conference.Phase(i.phase.Load() & 0xff) }

// Gone is closed when the conference has ended and all observers have drained.
func (i *Instance) Gone() <-chan struct{} { return i.gone }

// Do hands a command to the conference. Done, which may be nil, is called
// exactly once: on the instance's goroutine, after the observers have seen what
// followed from the command; or, if the command is refused with ErrOverload or
// ErrEnded at once, by Do itself. It must not block.
//
// Commands of one goroutine are carried out in the order of its calls. The loss of a leg
// and its return are tried again where the journal has no time for them, and so are a
// departure and an end that nobody waits to hear of, done being nil.
func (i *Instance) Do(c conference.Command, done func(Result)) {
	if err := i.queue.put(task{command: c, done: done}); err != nil && done != nil {
		done(Result{Err: ended(err)})
	}
}

// Look calls f on the instance's goroutine, between two commands, so that it
// can read the state. It returns ErrOverload or ErrEnded if f will not be
// called; f is called with nil if the conference ends before its turn.
func (i *Instance) Look(f func(*conference.State)) error {
	if err := i.queue.put(task{look: f}); err != nil {
		return ended(err)
	}
	return nil
}

// Messages returns the last messages before a position, those of earlier lives of a
// durable conference included; see [journal.History]. It may wait for a store.
func (i *Instance) Messages(before conference.Position, limit int) ([]journal.Entry, error) {
	return i.journal.Messages(i.lifetime, i.id, before, limit)
}

// MessagesAfter returns the first messages behind a position, as Messages does.
func (i *Instance) MessagesAfter(after conference.Position, limit int) ([]journal.Entry, error) {
	return i.journal.MessagesAfter(i.lifetime, i.id, after, limit)
}

// first queues the admission that the conference is to be created with.
func (i *Instance) first(a Admission, done Joined) {
	i.queue.tasks = append(i.queue.tasks, i.admission(a, done))
	i.queue.wake <- struct{}{}
}

// admission is the task of an admission, whose result it tells to done.
func (i *Instance) admission(a Admission, done Joined) task {
	return task{command: a.Admit, wanted: a.Wanted, done: func(r Result) {
		if errors.Is(r.Err, ErrEnded) {
			i.directory.late(i, a, done)
			return
		}
		done(i, r)
	}}
}

// start attaches the observers and sets the instance going. Its queue holds the
// first admission.
func (i *Instance) start() {
	for _, attach := range i.directory.cfg.Attach {
		o := attach(i)
		if o == nil {
			continue
		}
		i.observers = append(i.observers, o)
		if f, ok := o.(Flusher); ok {
			i.flushers = append(i.flushers, f)
		}
	}
	go func() {
		defer i.directory.running.Done()
		defer close(i.gone)
		defer i.cut()
		if i.resume(i.lifetime) {
			i.run(i.lifetime)
		}
		i.drain(i.lifetime)
		i.directory.forget(i)
		i.successors.enter()
	}()
}

// ended hides from callers why exactly an instance is no more.
func ended(err error) error {
	if err == errDissolved { //nolint:errorlint // it is never wrapped
		return ErrEnded
	}
	return err
}
