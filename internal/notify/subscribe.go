package notify

import (
	"errors"
	"slices"

	"github.com/confab-chat/confab/confinfo"
	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/event"
)

// Subscribe implements event.Notifier (TS 24.247 §7.3.3.2). The order is that of
// IDN-09; Screen has seen to its beginning. [NOT-SUB-01]
func (s *Service) Subscribe(in *event.Incoming) {
	resource, caller, refused := s.cfg.Gate.Admit(in.Request(), in.Source())
	if refused != nil {
		in.Reject(refused)
		return
	}
	inst := resource.Entry.Instance
	if inst == nil {
		in.Reject(&sip.Error{Status: 404}) // reserved and not running, D-22 [NOT-SUB-12]
		return
	}
	err := inst.Look(func(state *conference.State) {
		user, ok := watcher(state, caller.User)
		switch {
		case !ok:
			in.Reject(&sip.Error{Status: 403})
		case !in.Request().Header.Accepts(confinfo.MediaType, confinfo.MediaType):
			in.Reject(&sip.Error{Status: 406}) // [NOT-SUB-07]
		default:
			s.accept(in, inst, user, state.Policy().EndpointsPerUser)
		}
	})
	switch {
	case errors.Is(err, instance.ErrOverload):
		in.Reject(&sip.Error{Status: 503, RetryAfter: s.cfg.MinInterval})
	case err != nil:
		in.Reject(&sip.Error{Status: 404})
	}
}

// watcher reports whether the verified user may watch the conference, and under
// which URI he is in it: whoever has a connected endpoint, the owner and the
// moderators. D-22 [NOT-SUB-04] [NOT-SUB-13]
func watcher(s *conference.State, id conference.Identity) (conference.User, bool) {
	if s == nil || !s.Alive() {
		return "", false
	}
	for p := range s.Participants() {
		if p.Identity == id && p.Connected() {
			return p.User, true
		}
	}
	return "", s.Role(id) >= conference.RoleModerator
}

// accept makes the subscription. One more than a user may have ends the one he
// has not refreshed for longest. [NOT-SUB-11]
func (s *Service) accept(in *event.Incoming, inst *instance.Instance, user conference.User, limit int) {
	b := s.board(inst.ID())
	if b == nil {
		in.Reject(&sip.Error{Status: 404})
		return
	}
	sub := &subscriber{
		board:    b,
		user:     user,
		fullOnly: s.fullOnly(in.Request().Header.Value("User-Agent")),

		refreshed: s.cfg.Now(),
	}
	sub.feed(in.Accept(sub, s.cfg.Gate.Contact(inst.ID(), in.Source())))
	if in.Fetch() {
		return
	}
	if oldest := b.add(sub, limit); oldest != nil {
		oldest.end(event.Timeout)
	}
}

// add notes a subscriber, and returns the one that has to go for it.
func (b *board) add(sub *subscriber, limit int) (oldest *subscriber) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if sub.over {
		return nil
	}
	b.subscribers = append(b.subscribers, sub)
	if limit <= 0 || sub.user == "" {
		return nil
	}
	n := 0
	for _, other := range b.subscribers {
		if other.user == sub.user {
			n++
			if oldest == nil || other.refreshed.Before(oldest.refreshed) {
				oldest = other
			}
		}
	}
	if n <= limit || oldest == sub {
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
