package notify

import (
	"slices"
	"time"

	"github.com/confab-chat/confab/confinfo"
	"github.com/confab-chat/confab/internal/conference"
)

const (
	// lingering bounds the endpoints shown as disconnected; beyond it the one
	// that left first goes early.
	lingering = 1000
	// sweepEvery is how often those that have been shown long enough are dropped,
	// at most.
	sweepEvery = time.Second
)

// departure is an endpoint that is shown as disconnected for a while.
type departure struct {
	row   *row
	until time.Time
}

// linger shows an endpoint as disconnected for a while, D-26. The caller holds
// mu. [NOT-NFY-03]
func (b *board) linger(e conference.Departed) {
	r := b.byUser[e.User]
	if r == nil {
		r = &row{name: e.User}
		b.rows = append(b.rows, r)
		b.byUser[e.User] = r
	}
	r.gone = append(r.gone, confinfo.Endpoint{
		Entity:              string(e.Endpoint),
		Status:              confinfo.StatusDisconnected,
		DisconnectionMethod: confinfo.DisconnectionMethod(e.Cause.DisconnectionMethod()),
		DisconnectionInfo:   confinfo.Execution{When: e.At, Reason: reasonOf(e.Reason), By: string(e.By)},
	})
	b.departures = append(b.departures, departure{row: r, until: e.At.Add(b.service.cfg.Linger)})
	if len(b.departures) > lingering {
		b.drop()
	}
	b.wake(b.service.cfg.Linger)
}

func reasonOf(reason string) string {
	if reason == "" {
		return ""
	}
	return "Reason: " + reason
}

// wake has the departures looked at in d. The caller holds mu.
func (b *board) wake(d time.Duration) {
	if b.sweep == nil {
		b.sweep = time.AfterFunc(max(d, sweepEvery), b.expire)
	}
}

// expire drops the endpoints that have been shown long enough.
func (b *board) expire() {
	now := b.service.cfg.Now()
	b.mu.Lock()
	b.sweep = nil
	for len(b.departures) > 0 && !b.departures[0].until.After(now) {
		b.drop()
	}
	if len(b.departures) > 0 {
		b.wake(b.departures[0].until.Sub(now))
	}
	b.mu.Unlock()
	b.Flush()
}

// drop takes the endpoint that left first out of its row. The caller holds mu.
func (b *board) drop() {
	r := b.departures[0].row
	b.departures[0] = departure{}
	b.departures = b.departures[1:]
	entity := r.gone[0].Entity
	r.gone = slices.Delete(r.gone, 0, 1)
	r.user.Endpoints = slices.DeleteFunc(slices.Clone(r.user.Endpoints), func(e confinfo.Endpoint) bool {
		return e.Entity == entity
	})
	if len(r.user.Endpoints) == 0 {
		b.strike(r)
	}
	b.outdate()
}
