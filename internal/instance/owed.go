package instance

import (
	"context"
	"errors"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/journal"
)

// insists reports whether a task tells of something that has happened, or has to, and
// that nobody would say again: the conference owes it a place in the journal. There are
// at most a few for each endpoint.
func (t task) insists() bool {
	if t.done != nil {
		return false // who waits for the result tries again, or does not
	}
	switch t.command.(type) {
	case conference.Leave, conference.Withdraw, conference.LoseLeg, conference.RestoreLeg, conference.End:
		return true
	}
	return false
}

// owes keeps a task that the journal had no time for, and reports whether it does.
func (i *Instance) owes(t task, err error) bool {
	if !later(err) || !t.insists() {
		return false
	}
	i.owed = append(i.owed, t)
	return true
}

// later reports whether the journal may take tomorrow what it refused today.
func later(err error) bool {
	return errors.Is(err, journal.ErrBusy) || errors.Is(err, journal.ErrUnavailable)
}

// makeGood carries out what is owed, in its order, until the journal fails again. Until
// all is made good nothing expires: what keeps it from that may be owed.
func (i *Instance) makeGood(ctx context.Context) {
	for len(i.owed) > 0 && !later(i.carryOut(ctx, i.owed[0].command).Err) {
		i.owed[0] = task{}
		i.owed = i.owed[1:]
	}
}
