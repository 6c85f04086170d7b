package instance

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/journal"
)

const (
	// retryAfter is the wait after the journal refused what time demanded.
	retryAfter = time.Second
	// conflicts is how often a command is decided anew because another writer
	// was faster.
	conflicts = 8
	// keepTasks is the largest buffer that an idle instance keeps.
	keepTasks = 256
)

// run carries out what the queue brings until the conference has ended, or
// turned out never to come into being.
func (i *Instance) run(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	defer timer.Stop()
	var tasks []task
	for !i.over() {
		select {
		case <-i.queue.wake:
			i.gather(ctx)
		case <-timer.C:
		case <-ctx.Done():
			i.abandon(append(i.owed, i.queue.close(ErrEnded)...))
			return
		}
		tasks = i.queue.take(tasks)
		i.pace = pace{}
		i.makeGood(ctx)
		for rest := tasks; len(rest) > 0; {
			n := i.messages(rest)
			if n > 1 {
				i.post(ctx, rest[:n])
			} else {
				i.perform(ctx, rest[0])
			}
			clear(rest[:n])
			rest = rest[n:]
		}
		if cap(tasks) > keepTasks {
			tasks = nil
		}
		i.condense(ctx)
		wait := i.owed.rest(i.expire(ctx))
		for _, f := range i.flushers {
			f.Flush()
		}
		if wait > 0 {
			timer.Reset(wait)
		} else {
			timer.Stop()
		}
	}
	i.abandon(append(i.owed, i.queue.close(ErrEnded)...))
}

// over reports whether there is nothing more to do. A conference that was asked
// for and refused is over when nobody else asks.
func (i *Instance) over() bool {
	switch i.state.Phase() {
	case conference.PhaseEnded:
		return true
	case conference.PhaseUnborn:
		return i.queue.closeIfEmpty(errDissolved)
	case conference.PhaseCreating, conference.PhaseActive:
	}
	return false
}

// drain waits until the observers have finished with the conference, but not
// for ever. [FOC-TRM-05]
func (i *Instance) drain(ctx context.Context) {
	drained := make(chan struct{})
	var left atomic.Int64
	left.Store(1)
	done := func() {
		if left.Add(-1) == 0 {
			close(drained)
		}
	}
	for _, o := range i.observers {
		if d, ok := o.(Drainer); ok {
			left.Add(1)
			d.Drain(sync.OnceFunc(done))
		}
	}
	done()
	limit := time.NewTimer(i.directory.cfg.DrainTimeout)
	defer limit.Stop()
	select {
	case <-drained:
	case <-limit.C:
		i.log.LogAttrs(ctx, slog.LevelWarn, "conference did not drain in time")
	case <-ctx.Done():
	}
}

// abandon answers those whose turn never came.
func (i *Instance) abandon(tasks []task) {
	for _, t := range tasks {
		i.answer(t, Result{Err: ErrEnded})
	}
}

// perform carries out one task.
func (i *Instance) perform(ctx context.Context, t task) {
	if i.state.Phase() == conference.PhaseEnded {
		i.answer(t, Result{Err: ErrEnded})
		return
	}
	if t.look != nil {
		t.look(&i.state)
		return
	}
	if t.wanted != nil && !t.wanted() {
		i.answer(t, Result{State: &i.state, Err: ErrUnwanted})
		return
	}
	if i.owed.before(t) {
		i.owe(t)
		return
	}
	result := i.carryOut(ctx, i.founding(t.command))
	if i.owes(t, result.Err) {
		return
	}
	i.answer(t, result)
	if len(result.Events) > 0 && result.Events[0].Kind() != conference.KindPosted {
		i.expire(ctx)
	}
}

// answer hands the result to whoever waits for it.
func (i *Instance) answer(t task, r Result) {
	switch {
	case t.look != nil:
		t.look(nil)
	case t.done != nil:
		t.done(r)
	}
}

// founding turns the first admission into the creation of the conference.
func (i *Instance) founding(c conference.Command) conference.Command {
	admit, ok := c.(conference.Admit)
	if !ok || i.state.Phase() != conference.PhaseUnborn {
		return c
	}
	create := i.template
	create.At, create.First = admit.At, admit
	return create
}

// carryOut decides c and makes what follows from it happen.
func (i *Instance) carryOut(ctx context.Context, c conference.Command) Result {
	for attempt := 0; ; attempt++ {
		events, err := conference.AppendDecision(i.events[:0], &i.state, c)
		i.events = events[:0]
		if err != nil || len(events) == 0 {
			return Result{State: &i.state, Err: err}
		}
		last, err := i.commit(ctx, events)
		if err == nil {
			return Result{Position: last, Events: events, State: &i.state}
		}
		if _, ok := errors.AsType[*journal.ConflictError](err); !ok || attempt == conflicts {
			return Result{State: &i.state, Err: err}
		}
		// Somebody else has written to the log: take that in, and decide anew.
		if err := i.catchUp(ctx); err != nil {
			return Result{State: &i.state, Err: err}
		}
	}
}

// commit appends the events and, when they are in the journal, applies them.
func (i *Instance) commit(ctx context.Context, events []conference.Event) (conference.Position, error) {
	after := i.state.Position()
	if after == 0 {
		after = journal.AnyPosition // what earlier lives of the URI left is none of ours
	}
	last, err := i.journal.Append(ctx, i.id, after, events...)
	if err != nil {
		return 0, err
	}
	first := last - conference.Position(len(events)-1)
	for k, e := range events {
		i.apply(first+conference.Position(k), e)
	}
	return last, nil
}

// apply takes one event in and shows it to the observers.
func (i *Instance) apply(at conference.Position, e conference.Event) {
	i.state.Apply(at, e)
	if e.Kind() != conference.KindPosted {
		word := uint32(i.state.Phase())
		if end, ok := e.(conference.Ended); ok {
			word |= uint32(end.Cause) << causeShift
		}
		i.phase.Store(word)
	}
	for _, o := range i.observers {
		o.Applied(&i.state, at, e)
	}
}

// catchUp applies what others have written.
func (i *Instance) catchUp(ctx context.Context) error {
	const page = 256
	for {
		entries, err := i.journal.Read(ctx, i.id, i.state.Position(), page)
		if err != nil {
			return err
		}
		for _, e := range entries {
			i.apply(e.Position, e.Event)
		}
		if len(entries) < page {
			return nil
		}
	}
}

// expire does what time demands by now, and returns how long it is to the next
// such moment, zero if there is none.
func (i *Instance) expire(ctx context.Context) time.Duration {
	if i.owed.holds() {
		return retryAfter
	}
	for {
		next := i.state.NextTimeout()
		if next.IsZero() {
			return 0
		}
		now := time.Now()
		if wait := next.Sub(now); wait > 0 {
			return wait
		}
		if err := i.carryOut(ctx, conference.Expire{At: now}).Err; err != nil {
			i.log.LogAttrs(ctx, slog.LevelError, "conference could not expire",
				slog.Any("error", err))
			return retryAfter
		}
	}
}
