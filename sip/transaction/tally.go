package transaction

import (
	"context"
	"sync/atomic"
)

// A tally counts what has begun and not ended.
type tally struct {
	n    atomic.Int64
	none chan struct{} // told, with room for one, when n falls to zero
}

func (t *tally) begin() { t.n.Add(1) }

func (t *tally) end() {
	if t.n.Add(-1) == 0 {
		t.tell()
	}
}

func (t *tally) tell() {
	select {
	case t.none <- struct{}{}:
	default: // somebody has yet to look
	}
}

// wait returns nil when all has ended, or the cause of ctx's end.
func (t *tally) wait(ctx context.Context) error {
	for t.n.Load() > 0 {
		select {
		case <-t.none:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	t.tell() // there may be others who wait
	return nil
}
