package mixer

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/instance"
)

// Checkpoint has every conference note how far its participants have come, so
// that those of a durable one can go on there after the server was restarted. It
// is called before the conferences are ended, and waits until that is done, or
// for ctx. [SW-RPT-06]
func (m *Mixer) Checkpoint(ctx context.Context) {
	m.mu.Lock()
	mixes := slices.Collect(maps.Values(m.mixes))
	m.mu.Unlock()
	var open sync.WaitGroup
	for _, x := range mixes {
		open.Add(1)
		err := x.inst.Look(func(s *conference.State) {
			if s == nil {
				open.Done()
				return
			}
			x.inst.Do(conference.Acknowledge{Marks: x.marks(x.open...)}, func(instance.Result) { open.Done() })
		})
		if err != nil {
			open.Done()
		}
	}
	done := make(chan struct{})
	go func() {
		open.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// marks tells how far legs have come. Where nothing is kept nobody asks.
func (x *mix) marks(legs ...*Leg) []conference.Mark {
	if x.policy.Load().History.Keep == 0 {
		return nil
	}
	marks := make([]conference.Mark, 0, len(legs))
	for _, l := range legs {
		if l.reads.upTo > 0 {
			marks = append(marks, conference.Mark{Endpoint: l.req.Endpoint, Position: l.confirmed()})
		}
	}
	return marks
}

// acknowledge has the conference know how far a leg has come that is lost or
// gone. [SW-RPT-06]
func (x *mix) acknowledge(l *Leg) {
	if l == nil {
		return
	}
	if marks := x.marks(l); len(marks) > 0 {
		x.inst.Do(conference.Acknowledge{Marks: marks}, nil)
	}
}
