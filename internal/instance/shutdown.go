package instance

import (
	"context"
	"time"

	"github.com/confab-chat/confab/internal/conference"
)

// Shutdown ends all conferences and waits until they are gone, or for ctx; what
// is left then is dropped, and the error is that of ctx. New conferences are
// refused from now on. [FOC-TRM-09]
func (d *Directory) Shutdown(ctx context.Context) error {
	d.mu.Lock()
	d.draining = true
	instances := make([]*Instance, 0, len(d.alive))
	for _, i := range d.alive {
		instances = append(instances, i)
	}
	d.mu.Unlock()
	now := time.Now()
	for _, i := range instances {
		i.Do(conference.End{At: now, Cause: conference.EndShutdown}, nil)
	}
	done := make(chan struct{})
	go func() {
		d.running.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	for _, i := range instances {
		i.cut()
	}
	<-done
	return ctx.Err()
}
