package notify

import (
	"slices"
	"time"

	"github.com/confab-chat/confab/confinfo"
	"github.com/confab-chat/confab/internal/conference"
)

const (
	// mostGone is how many endpoints of one user are shown as disconnected, and
	// mostLingering how many of all, so that nobody makes the document grow by
	// coming and going. Those that left first go early.
	mostGone      = 5
	mostLingering = 1000
	// sweepEvery is how often those that have been shown long enough are dropped,
	// at most.
	sweepEvery = time.Second
)

// departure is an endpoint that is shown as disconnected for a while.
type departure struct {
	user   conference.User
	entity string
	until  time.Time
}

// linger has an endpoint shown as disconnected for a while, from the next time
// that its user is shown, to whom it was shown before. The caller holds mu.
// [NOT-NFY-03]
func (b *board) linger(e conference.Departed) {
	w := b.roster.row(e.User)
	is := func(s sight) bool { return s.endpoint.Entity == string(e.Endpoint) }
	i := slices.IndexFunc(w.present, is)
	if i < 0 && e.Was != conference.StatusConnected || i >= 0 && w.present[i].audience == forOwner {
		return // it never got as far as to be told of
	}
	gone := sight{endpoint: confinfo.Endpoint{Entity: string(e.Endpoint)}}
	if i >= 0 {
		gone = w.present[i]
	}
	gone.audience = forAll
	if gone.hidden && e.Was != conference.StatusConnected {
		gone.audience = forInviter
	}
	gone.endpoint = confinfo.Endpoint{
		Entity:              gone.endpoint.Entity,
		Referred:            gone.endpoint.Referred,
		JoiningMethod:       gone.endpoint.JoiningMethod,
		Status:              confinfo.StatusDisconnected,
		DisconnectionMethod: confinfo.DisconnectionMethod(e.Cause.DisconnectionMethod()),
		DisconnectionInfo:   confinfo.Execution{When: e.At, Reason: reasonOf(e.Reason), By: string(e.By)},
	}
	if len(w.gone) >= mostGone {
		w.gone = slices.Delete(w.gone, 0, 1)
	}
	w.gone = append(w.gone, gone)
	b.roster.gone = append(b.roster.gone, departure{
		user: e.User, entity: string(e.Endpoint), until: e.At.Add(b.service.cfg.Linger),
	})
	if len(b.roster.gone) > mostLingering {
		b.drop()
	}
	b.wake(b.service.cfg.Now())
}

func reasonOf(reason string) string {
	if reason == "" {
		return ""
	}
	return "Reason: " + reason
}

// wake has expire called when the first endpoint has lingered long enough. The
// caller holds mu.
func (b *board) wake(now time.Time) {
	if b.sweep == nil && len(b.roster.gone) > 0 && !b.over {
		b.sweep = time.AfterFunc(max(sweepEvery, b.roster.gone[0].until.Sub(now)), b.expire)
	}
}

// expire drops the endpoints that have lingered long enough.
func (b *board) expire() {
	now := b.service.cfg.Now()
	b.mu.Lock()
	b.sweep = nil
	for len(b.roster.gone) > 0 && !b.roster.gone[0].until.After(now) {
		b.drop()
	}
	b.wake(now)
	b.mu.Unlock()
	b.announce()
}

// drop no longer shows the endpoint that left first. The caller holds mu.
func (b *board) drop() {
	d := b.roster.gone[0]
	b.roster.gone[0] = departure{}
	b.roster.gone = b.roster.gone[1:]
	if before, changed := b.roster.vanish(d); changed {
		b.step(change{state: b.state, description: b.description, name: d.user, before: before}, false)
	}
}
