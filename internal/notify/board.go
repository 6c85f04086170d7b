package notify

import (
	"slices"
	"sync"
	"time"

	"github.com/confab-chat/confab/confinfo"
	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/sip/event"
)

// board is the service's part in one conference: the roster as it is shown, and
// who watches it.
type board struct {
	// fixed after construction
	service *Service
	id      conference.ID

	mu          sync.Mutex
	description *confinfo.Description
	state       *confinfo.ConferenceState
	rows        []*row // in the order in which the users came
	byUser      map[conference.User]*row
	latest      *snapshot // nil: something has changed since
	subscribers []*subscriber
	dirty       bool        // subscribers are to be told
	ringing     bool        // a goroutine does so
	departures  []departure // endpoints shown as disconnected, in the order of leaving
	sweep       *time.Timer
}

var (
	_ instance.Observer = (*board)(nil)
	_ instance.Flusher  = (*board)(nil)
)

func newBoard(s *Service, id conference.ID) *board {
	return &board{service: s, id: id, byUser: make(map[conference.User]*row)}
}

// Applied implements instance.Observer.
func (b *board) Applied(s *conference.State, _ conference.Position, e conference.Event) {
	switch e := e.(type) {
	case conference.Created:
		b.change(func() { b.description = describe(s) })
	case conference.Connected:
		b.change(func() { b.show(s, e.User) })
	case conference.LegLost:
		b.change(func() { b.show(s, e.User) })
	case conference.LegBack:
		b.change(func() { b.show(s, e.User) })
	case conference.MediaSet:
		b.change(func() { b.show(s, e.User) })
	case conference.Departed:
		b.departed(s, e)
	case conference.LockSet:
		b.change(func() {})
	case conference.Ended:
		b.ended(e)
		return
	default:
		return
	}
	b.count(s)
}

// change makes the roster differ from the latest snapshot.
func (b *board) change(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f()
	b.outdate()
}

// outdate says that the latest snapshot is none any more. It forgets what was
// written of it, which only holds what came before. The caller holds mu.
func (b *board) outdate() {
	if b.latest != nil {
		b.latest.whole, b.latest.changes = nil, nil
	}
	b.latest, b.dirty = nil, true
}

// count brings the facts of the whole conference up to date.
func (b *board) count(s *conference.State) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.state = &confinfo.ConferenceState{
		UserCount: uint32(s.UserCount()), //nolint:gosec // bounded by memory
		Active:    true,
		Locked:    s.Locked(),
	}
}

// departed shows the endpoint as gone, and ends the subscriptions of a user who
// has no other. [NOT-END-02] [NOT-END-03]
func (b *board) departed(s *conference.State, e conference.Departed) {
	if e.Was != conference.StatusConnected && e.Was != conference.StatusOnHold {
		return // it was never shown
	}
	p := s.Participant(e.User)
	b.change(func() {
		b.linger(e)
		b.show(s, e.User)
	})
	if p != nil && p.Connected() {
		return
	}
	for _, sub := range b.watching(func(sub *subscriber) bool { return sub.user == e.User }) {
		sub.end(event.Rejected)
	}
}

// ended ends every subscription. [NOT-END-01] [NOT-END-04]
func (b *board) ended(e conference.Ended) {
	reason := event.NoResource
	if e.Cause == conference.EndShutdown {
		reason = event.Deactivated
	}
	b.mu.Lock()
	if b.sweep != nil {
		b.sweep.Stop()
	}
	b.mu.Unlock()
	for _, sub := range b.watching(func(*subscriber) bool { return true }) {
		sub.end(reason)
	}
	b.service.forget(b)
}

// watching returns the subscribers that match.
func (b *board) watching(match func(*subscriber) bool) []*subscriber {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(b.subscribers), func(sub *subscriber) bool { return !match(sub) })
}

// current returns the snapshot of the roster as it is. The caller holds mu.
func (b *board) current() *snapshot {
	if b.latest != nil {
		return b.latest
	}
	users := make([]confinfo.User, len(b.rows))
	for i, r := range b.rows {
		users[i] = r.user
	}
	b.latest = &snapshot{document: &confinfo.Document{
		Entity:          string(b.id),
		Description:     b.description,
		ConferenceState: b.state,
		Users:           &confinfo.Users{List: users},
	}}
	return b.latest
}
