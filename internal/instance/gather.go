package instance

import (
	"context"
	"time"
)

// What makes it worth while to wait for more messages: so many at least, and a
// commit that takes so long at least. However long it takes, nobody waits for longer
// than patience.
const (
	busy     = 8
	slow     = 200 * time.Microsecond
	patience = 10 * time.Millisecond
)

// pace is that of a durable conference's last commit of messages.
type pace struct {
	messages int // that it had, or that waited when it was done
	took     time.Duration
	ended    time.Time
}

// measured takes note of a commit.
func (p *pace) measured(messages int, begin time.Time) {
	now := time.Now()
	*p = pace{messages: messages, took: now.Sub(begin), ended: now}
}

// gather lets messages come that are on their way, where many are posted by who
// waits for answers: those of the last commit were answered just now, and as many
// follow. Without that two halves take turns, each in the other's way. It waits until
// as many are there, for another commit's time at most.
func (i *Instance) gather(ctx context.Context) {
	p := &i.pace
	if p.messages < busy || p.took < slow || time.Since(p.ended) > p.took {
		return
	}
	enough := i.queue.until(min(p.messages, together))
	if enough == nil {
		return
	}
	limit := time.NewTimer(min(p.took, patience))
	defer limit.Stop()
	select {
	case <-enough:
	case <-limit.C:
	case <-ctx.Done():
	}
}
