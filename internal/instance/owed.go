package instance

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/journal"
)

// owed are tasks that the journal had no time for, of the kind that insists: in the order
// in which they came, which counts among those of one endpoint. There are at most a few
// for each, of its leg a loss and a return.
type owed []task

// insists reports whether a task tells of something that has happened, or has to, and
// that nobody would say again.
func (t task) insists() bool {
	switch t.command.(type) {
	case conference.LoseLeg, conference.RestoreLeg:
		return true
	case conference.Leave, conference.Withdraw, conference.End:
		return t.done == nil // who waits for the result tries again, or does not
	}
	return false
}

// subject is the endpoint that a task which insists is about, "" for the conference.
func (t task) subject() conference.EndpointID {
	switch c := t.command.(type) {
	case conference.Leave:
		return c.Endpoint
	case conference.Withdraw:
		return c.Endpoint
	case conference.LoseLeg:
		return c.Endpoint
	case conference.RestoreLeg:
		return c.Endpoint
	}
	return ""
}

// leg is the endpoint whose leg a task tells of, "" if it does not, and whether it is back.
func (t task) leg() (endpoint conference.EndpointID, back bool) {
	switch c := t.command.(type) {
	case conference.LoseLeg:
		return c.Endpoint, false
	case conference.RestoreLeg:
		return c.Endpoint, true
	}
	return "", false
}

// before reports whether something is owed that has to come before t.
func (o owed) before(t task) bool {
	return len(o) > 0 && t.insists() &&
		slices.ContainsFunc(o, func(other task) bool { return other.subject() == t.subject() })
}

// holds reports whether nothing may expire, since it may be owed that it does not.
func (o owed) holds() bool {
	return slices.ContainsFunc(o, func(t task) bool {
		_, back := t.command.(conference.RestoreLeg)
		return back
	})
}

// rest returns how long to rest before the next thing to do, which else is due after wait;
// zero: for ever.
func (o owed) rest(wait time.Duration) time.Duration {
	if len(o) > 0 && (wait == 0 || wait > retryAfter) {
		return retryAfter
	}
	return wait
}

// owes keeps a task that the journal had no time for, and reports whether it does.
func (i *Instance) owes(t task, err error) bool {
	if !later(err) || !t.insists() {
		return false
	}
	i.owe(t)
	return true
}

// owe puts a task behind the others. One that repeats what is owed of a leg stands for
// that, and for what came between.
func (i *Instance) owe(t task) {
	endpoint, back := t.leg()
	repeated := false
	left := i.owed[:0]
	for _, other := range i.owed {
		of, was := other.leg()
		same := endpoint != "" && of == endpoint
		repeated = repeated || same && was == back
		if same && repeated {
			i.answer(other, Result{State: &i.state, Err: ErrUnwanted})
			continue
		}
		left = append(left, other)
	}
	clear(i.owed[len(left):])
	i.owed = append(left, t)
}

// later reports whether the journal may take later what it refuses now.
func later(err error) bool {
	return errors.Is(err, journal.ErrBusy) || errors.Is(err, journal.ErrUnavailable)
}

// makeGood tries what is owed again.
func (i *Instance) makeGood(ctx context.Context) {
	left := i.owed[:0]
	for _, t := range i.owed {
		if left.before(t) {
			left = append(left, t)
			continue
		}
		result := i.carryOut(ctx, t.command)
		if later(result.Err) {
			left = append(left, t)
			continue
		}
		i.answer(t, result)
	}
	clear(i.owed[len(left):])
	i.owed = left
}
