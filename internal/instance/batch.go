package instance

import (
	"context"
	"errors"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/journal"
)

// together is how many messages go into the journal at once at most.
const together = 64

// batch is messages of a durable conference that share one commit: what one of
// them has to wait for the disk all of them wait.
type batch struct {
	events   []conference.Event
	outcomes []outcome
	sent     map[sent]struct{}
}

// outcome is what was decided of one message.
type outcome struct {
	event int // index of its event; -1: it was posted before
	err   error
}

// sent is what a message is known by when it is repeated.
type sent struct {
	user conference.User
	id   string
}

// messages returns how many of the tasks at the front are messages to be posted
// together; at least 1, which means that there is nothing to gain.
func (i *Instance) messages(tasks []task) int {
	if len(tasks) < 2 || !i.state.Alive() || !i.state.Policy().History.Durable {
		return 1
	}
	n := 0
	for n < len(tasks) && n < together {
		if _, ok := tasks[n].command.(conference.Post); !ok || tasks[n].wanted != nil {
			break
		}
		n++
	}
	return max(n, 1)
}

// post carries out messages together. Each is decided on the state before them,
// which is as good as that before itself: a message changes nothing for others
// but that it is known when it is repeated.
func (i *Instance) post(ctx context.Context, tasks []task) {
	b := &i.batch
	b.decide(&i.state, tasks)
	last, err := i.appendTogether(ctx, b.events)
	if _, ok := errors.AsType[*journal.ConflictError](err); ok {
		for _, t := range tasks {
			i.perform(ctx, t) // one by one, each on the state that it meets
		}
		return
	}
	first := last - conference.Position(len(b.events)) + 1
	for k, t := range tasks {
		o := b.outcomes[k]
		r := Result{State: &i.state, Err: o.err}
		switch {
		case r.Err != nil:
		case err != nil:
			r.Err = err // also for a repetition: the first one may not have been kept
		case o.event >= 0:
			r.Position, r.Events = first+conference.Position(o.event), b.events[o.event:o.event+1]
			i.apply(r.Position, r.Events[0])
		}
		i.answer(t, r)
	}
	clear(b.events)
}

func (i *Instance) appendTogether(ctx context.Context, events []conference.Event) (conference.Position, error) {
	if len(events) == 0 {
		return 0, nil
	}
	begin := time.Now()
	last, err := i.journal.Append(ctx, i.id, i.state.Position(), events...)
	i.pace.measured(len(events)+i.queue.len(), begin)
	return last, err
}

// decide fills the batch.
func (b *batch) decide(s *conference.State, tasks []task) {
	b.events, b.outcomes = b.events[:0], b.outcomes[:0]
	if b.sent == nil {
		b.sent = make(map[sent]struct{}, together)
	}
	clear(b.sent)
	for _, t := range tasks {
		o := outcome{event: -1}
		before := len(b.events)
		b.events, o.err = conference.AppendDecision(b.events, s, t.command)
		if p, ok := t.command.(conference.Post); ok && len(b.events) > before {
			key := sent{user: p.Message.User, id: p.Message.SenderID}
			if _, again := b.sent[key]; again && key.id != "" {
				b.events = b.events[:before]
			} else {
				b.sent[key] = struct{}{}
				o.event = before
			}
		}
		b.outcomes = append(b.outcomes, o)
	}
}
