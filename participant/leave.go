package participant

import (
	"context"
	"time"
)

// Leave says goodbye and returns when that is done: the user is out at once,
// whatever the focus answers, but a subscription ends with a NOTIFY of the
// notification service, which is waited for up to 5 s and then ended by us. The
// error is that of ctx. [PAR-LVE-01] [PAR-LVE-02]
func (c *Conference) Leave(ctx context.Context) error {
	c.session.Bye()
	select {
	case <-c.done:
	case <-ctx.Done():
		return ctx.Err()
	}
	patience := time.NewTimer(leaveNotify)
	defer patience.Stop()
	select {
	case <-c.quiet:
		return nil
	case <-patience.C:
	case <-ctx.Done():
	}
	c.mu.Lock()
	w := c.watcher
	c.mu.Unlock()
	if w != nil {
		w.unsubscribe()
	}
	return ctx.Err()
}
