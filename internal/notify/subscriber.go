package notify

import (
	"time"

	"github.com/confab-chat/confab/confinfo"
	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/event"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
)

// subscriber is one subscription to a conference.
type subscriber struct {
	// fixed after construction
	board    *board
	user     conference.User // whose it is; empty: owner or moderator from outside
	fullOnly bool

	// guarded by board.mu
	sub       *event.Subscription
	known     *snapshot // what it was told last
	version   uint32    // of the document it was told last
	sent      time.Time // when
	refreshed time.Time
	timer     *time.Timer // rings when the interval is over
	over      bool
}

var _ event.Feed = (*subscriber)(nil)

// feed notes the subscription once it is there.
func (s *subscriber) feed(sub *event.Subscription) {
	s.board.mu.Lock()
	defer s.board.mu.Unlock()
	s.sub = sub
}

// Next implements event.Feed: the document that leaves now.
func (s *subscriber) Next(p event.Pull) (event.Body, bool) {
	b := s.board
	b.mu.Lock()
	defer b.mu.Unlock()
	if p.Final {
		return s.final(p.Reason)
	}
	now := b.current()
	if p.Full || s.fullOnly || s.known == nil {
		if !p.Must && now == s.known {
			return event.Body{}, false
		}
		return s.tell(now, now.full()), true
	}
	change, ok := now.since(s.known)
	if !ok {
		return event.Body{}, false
	}
	return s.tell(now, change), true
}

// tell writes a document under the subscriber's next version. [NOT-NFY-05]
func (s *subscriber) tell(now *snapshot, t confinfo.Template) event.Body {
	s.version++
	s.known, s.sent = now, s.board.service.cfg.Now()
	return event.Body{
		ContentType: confinfo.MediaType,
		Data:        t.Append(make([]byte, 0, t.Size()+16), s.version),
	}
}

// final is the body of the NOTIFY that ends the subscription: none for a user
// who left or was removed, the end of the document for a conference that has
// ended, the whole state for a subscription that ran out. [NOT-END-01]
// [NOT-END-02] [NOT-SUB-06] [NOT-SUB-09]
func (s *subscriber) final(reason event.Reason) (event.Body, bool) {
	switch reason {
	case event.Timeout:
		now := s.board.current()
		return s.tell(now, now.full()), true
	case event.NoResource:
		if s.fullOnly {
			return event.Body{}, false // [NOT-NFY-11]
		}
		gone := confinfo.Document{Entity: string(s.board.id), State: confinfo.Deleted}
		return s.tell(s.known, confinfo.NewTemplate(&gone)), true
	case event.Deactivated, event.Probation, event.Rejected, event.GiveUp, event.Invariant:
	}
	return event.Body{}, false
}

// Refresh implements event.Feed. Who may not watch any more has no subscription
// that could be refreshed. [NOT-SUB-08]
func (s *subscriber) Refresh(*sipmsg.Request, transport.Source) *sip.Error {
	s.board.mu.Lock()
	defer s.board.mu.Unlock()
	s.refreshed = s.board.service.cfg.Now()
	return nil
}

// Ended implements event.Feed.
func (s *subscriber) Ended(event.Termination) {
	s.board.remove(s)
	s.board.mu.Lock()
	defer s.board.mu.Unlock()
	if s.timer != nil {
		s.timer.Stop()
	}
}

// end ends the subscription.
func (s *subscriber) end(reason event.Reason) {
	s.board.mu.Lock()
	sub := s.sub
	s.board.mu.Unlock()
	if sub != nil {
		sub.Terminate(event.Termination{Reason: reason})
	}
}

// due returns the subscription if the subscriber may be told of a change now;
// if not it sees to it that it is rung when the interval is over. The caller
// holds board.mu. [NOT-NFY-04]
func (s *subscriber) due(now time.Time) *event.Subscription {
	if s.sub == nil || s.over {
		return nil
	}
	wait := s.board.service.cfg.MinInterval - now.Sub(s.sent)
	if wait <= 0 || s.known == nil {
		return s.sub
	}
	if s.timer == nil {
		s.timer = time.AfterFunc(wait, s.sub.Changed)
	} else {
		s.timer.Reset(wait)
	}
	return nil
}
