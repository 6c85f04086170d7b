package notify

import (
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/confab-chat/confab/confinfo"
	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/sip/event"
)

// mostCalling is how many inviters are remembered before those are forgotten
// whose calls nobody needs to be told of any more.
const mostCalling = 256

// board is the service's part in one conference: the roster as it is shown, and
// who watches it.
type board struct {
	// fixed after construction
	service *Service
	id      conference.ID
	aliases []conference.ID

	leaving []*subscriber // of users who have just left; the instance's goroutine only

	mu          sync.Mutex
	owner       conference.Identity
	description *confinfo.Description
	state       confinfo.ConferenceState
	roster      roster
	history     history
	common      uint64    // revision in which something changed last that all can see
	documents   documents // of the revision that is current
	subscribers []*subscriber
	dirty       bool        // subscribers are to be told
	ringing     bool        // a goroutine does so
	spoken      int         // octets that it had told since its last pause
	over        bool        // no timer starts any more
	sweep       *time.Timer // when somebody has lingered long enough
	interval    *time.Timer // when the next subscriber may be told again
}

var (
	_ instance.Observer = (*board)(nil)
	_ instance.Flusher  = (*board)(nil)
	_ instance.Drainer  = (*board)(nil)
)

func newBoard(s *Service, id conference.ID) *board {
	return &board{service: s, id: id, roster: newRoster()}
}

// Applied implements instance.Observer.
func (b *board) Applied(s *conference.State, _ conference.Position, e conference.Event) {
	switch e := e.(type) {
	case conference.Created, conference.Resumed, conference.LockSet:
		b.update(s, "")
	case conference.Changed:
		b.changed(s)
	case conference.RoleSet:
		b.roles(s)
		b.withdrawn(s)
	case conference.Barred:
		b.withdrawn(s)
	case conference.Admitted:
		b.update(s, e.User)
	case conference.Advanced:
		b.update(s, e.User)
	case conference.Masked:
		b.update(s, e.User)
		b.update(s, e.Now) // [PRV-01]
	case conference.Connected:
		b.update(s, e.User)
	case conference.LegLost:
		b.update(s, e.User)
	case conference.LegBack:
		b.update(s, e.User)
	case conference.MediaSet:
		b.update(s, e.User)
	case conference.Nicknamed:
		b.update(s, e.User) // [SW-NCK-01]
	case conference.Departed:
		b.departed(s, e)
	case conference.Ended:
		b.ended(e)
	}
}

// update brings the board up to date with what has happened to a user, or to
// the conference alone.
func (b *board) update(s *conference.State, name conference.User) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.show(s, name)
}

// changed has the description written anew.
func (b *board) changed(s *conference.State) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := change{state: b.state, description: b.description}
	if now := describe(s, b.aliases); !reflect.DeepEqual(now, b.description) {
		b.description = now
		b.step(c, true)
	}
}

// roles shows everybody's role as it is now: handing over a conference changes
// two.
func (b *board) roles(s *conference.State) {
	b.mu.Lock()
	defer b.mu.Unlock()
	former := b.owner
	for p := range s.Participants() {
		b.show(s, p.User)
	}
	if b.owner = s.Owner(); b.owner != former {
		b.step(change{state: b.state, description: b.description}, true) // who sees what is another matter now
	}
}

// show is update for callers that hold mu.
func (b *board) show(s *conference.State, name conference.User) {
	c := change{state: b.state, description: b.description}
	if b.description == nil {
		b.description = describe(s, b.aliases)
	}
	b.state = confinfo.ConferenceState{
		UserCount: uint32(s.UserCount()), //nolint:gosec // bounded by memory
		Active:    true,
		Locked:    s.Locked(),
	}
	if name != "" {
		if before, changed := b.roster.show(name, s.Participant(name)); changed {
			c.name, c.before = name, before
		}
	}
	b.owner = s.Owner()
	if c.name != "" || c.state != b.state {
		b.step(c, c.state != b.state)
	}
}

// step goes on to the next revision, in which something has changed for all, or
// about the user of c. The caller holds mu.
func (b *board) step(c change, all bool) {
	if len(b.subscribers) == 0 {
		b.history.skip()
	} else {
		b.history.add(c, 2*len(b.roster.byUser))
	}
	b.documents = documents{}
	b.dirty = true
	now := b.roster.shown(c.name)
	if all || !sameUser(c.before.to(view{}), now.to(view{})) {
		b.common = b.history.revision
	}
	b.roster.note(b.history.revision, c.before, now)
	if len(b.roster.called) > mostCalling {
		b.roster.forget(b.history.oldest())
	}
}

// news reports whether something has changed that a subscriber can see. The
// caller holds mu.
func (b *board) news(s *subscriber) bool {
	switch {
	case s.known == b.history.revision:
		return false
	case s.known < b.common, s.identity != "" && s.identity == b.owner:
		return true
	}
	return b.roster.called[s.user] > s.known
}

// departed shows the endpoint as gone, and ends the subscriptions of a user who
// has no other. [NOT-END-02] [NOT-END-03]
func (b *board) departed(s *conference.State, e conference.Departed) {
	b.mu.Lock()
	b.linger(e)
	b.show(s, e.User)
	b.mu.Unlock()
	if p := s.Participant(e.User); e.Was != conference.StatusConnected || p != nil && p.Connected() {
		return
	}
	if s.EndsByCreator(e.At) {
		return // he is told of the end, like all others [FOC-TRM-04]
	}
	b.leaving = append(b.leaving, b.deserted(s, e.User)...)
}

// part ends the subscriptions of those who have left. It comes when the commands that were
// waiting are done: those with whom the conference went as well, as everybody was removed,
// are told of its end. [FOC-RMV-07]
func (b *board) part() {
	for _, sub := range b.leaving {
		sub.end(event.Rejected)
	}
	b.leaving = nil
}

// deserted returns those who watch as a user who has left. Who is in the conference by
// another name as well goes on under that. [NOT-SUB-14]
func (b *board) deserted(s *conference.State, u conference.User) []*subscriber {
	return b.watching(func(sub *subscriber) bool {
		if sub.user != u {
			return false
		}
		other, here := s.Persona(sub.identity)
		if here {
			sub.user = other
		}
		return !here
	})
}

// withdrawn ends the subscriptions of those who watched by a right that they no longer
// have. [NOT-END-03]
func (b *board) withdrawn(s *conference.State) {
	for _, sub := range b.watching(func(sub *subscriber) bool {
		_, may := watcher(s, sub.identity)
		return !may
	}) {
		sub.end(event.Rejected)
	}
}

// ended ends every subscription. [NOT-END-01] [NOT-END-04]
func (b *board) ended(e conference.Ended) {
	reason := event.NoResource
	if e.Cause == conference.EndShutdown {
		reason = event.Deactivated
	}
	if b.close(); e.Cause == conference.EndEmpty {
		b.part() // as who leaves before [NOT-END-02]
	}
	b.leaving = nil
	for _, sub := range b.watching(func(*subscriber) bool { return true }) {
		sub.end(reason)
	}
}

// Drain implements instance.Drainer. Final NOTIFYs are the SIP stack's by now.
func (b *board) Drain(done func()) {
	b.close()
	b.service.forget(b)
	done()
}

// close stops the timers for good.
func (b *board) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.over = true
	for _, timer := range []*time.Timer{b.sweep, b.interval} {
		if timer != nil {
			timer.Stop()
		}
	}
}

// watching returns the subscribers that match, which is asked with mu held.
func (b *board) watching(match func(*subscriber) bool) []*subscriber {
	b.mu.Lock()
	defer b.mu.Unlock()
	var found []*subscriber
	for _, sub := range b.subscribers {
		if match(sub) {
			found = append(found, sub)
		}
	}
	return found
}

// add notes a subscriber, and returns the one that has to go for it: of those
// of the same user, if they are more than limit, the one that was not refreshed
// for longest. [NOT-SUB-11]
func (b *board) add(sub *subscriber, limit int) (oldest *subscriber) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if sub.over {
		return nil
	}
	b.subscribers = append(b.subscribers, sub)
	if b.news(sub) {
		b.dirty = true // something has changed since its first document
	}
	n := 0
	for _, other := range b.subscribers {
		if other.identity != sub.identity {
			continue
		}
		n++
		if other != sub && (oldest == nil || other.refreshed.Load() < oldest.refreshed.Load()) {
			oldest = other
		}
	}
	if limit <= 0 || n <= limit {
		return nil
	}
	return oldest
}

// remove forgets a subscriber whose subscription has ended.
func (b *board) remove(sub *subscriber) {
	b.mu.Lock()
	defer b.mu.Unlock()
	sub.over = true
	if i := slices.Index(b.subscribers, sub); i >= 0 {
		b.subscribers = slices.Delete(b.subscribers, i, i+1)
	}
}
