package instance

import (
	"context"
	"log/slog"
	"time"

	"github.com/confab-chat/confab/internal/conference"
)

// condense writes a snapshot of the conference if the journal wants one. Where that
// fails nothing is lost but room, and it is tried again later.
func (i *Instance) condense(ctx context.Context) {
	if i.condenser == nil || !i.state.Alive() || !i.state.Policy().History.Durable || !i.condenser.WantsSnapshot(i.id) {
		return
	}
	now := time.Now()
	if now.Sub(i.failed) < retryAfter {
		return
	}
	if err := i.carryOut(ctx, conference.TakeSnapshot{At: now}).Err; err != nil {
		i.failed = now
		i.log.LogAttrs(ctx, slog.LevelDebug, "snapshot not written", slog.Any("error", err))
	}
}
