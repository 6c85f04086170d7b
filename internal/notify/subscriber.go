package notify

import (
	"math"
	"sync/atomic"
	"time"

	"github.com/confab-chat/confab/confinfo"
	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/event"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
)

// subscription is what a subscriber needs of an [event.Subscription].
type subscription interface {
	Changed()
	Terminate(t event.Termination)
}

// subscriber is one subscription to a conference.
type subscriber struct {
	// fixed after construction
	board    *board
	identity conference.Identity // who subscribed
	fullOnly bool
	udp      bool // reached by UDP as far as is known

	// guarded by board.mu
	sub     subscription
	user    conference.User // as whom he is in the conference; empty: as nobody
	known   uint64          // revision that he was told last
	version uint32          // of the document that he was told last; 0: none yet
	view    view            // as which he was told last
	detail  detail          // of the whole state that he was told last
	size    int             // octets of the document that he was told last
	small   bool            // what he is told has to fit into a datagram
	rung    bool            // he is to ask for what has changed, and has not yet
	told    time.Time       // when he was told of a change
	over    bool

	refreshed atomic.Int64 // when he showed last that he is there, Unix time in ns
}

var _ event.Feed = (*subscriber)(nil)

// feed notes the subscription once it is there.
func (s *subscriber) feed(sub subscription) {
	s.board.mu.Lock()
	defer s.board.mu.Unlock()
	s.sub = sub
}

// Next implements event.Feed: the document that leaves now, under the
// subscriber's next version. [NOT-NFY-05]
func (s *subscriber) Next(p event.Pull) (event.Body, bool) {
	s.board.mu.Lock()
	t, ok := s.pull(p)
	if ok {
		s.version++
	}
	if ok && !p.Must {
		// The NOTIFY after a SUBSCRIBE waits for nobody, and nobody waits for it.
		s.told = s.board.service.cfg.Now() // [NOT-NFY-04]
		s.board.spoken += t.Size()
	}
	version, user := s.version, s.user
	s.board.mu.Unlock()
	if !ok {
		return event.Body{}, false
	}
	if told := s.board.service.cfg.Told; told != nil && version == 1 && user != "" {
		told(s.board.id, user)
	}
	if version == math.MaxUint32 {
		s.end(event.Deactivated) // there is no next one; who subscribes again begins anew
	}
	return event.Body{
		ContentType: confinfo.MediaType,
		Data:        t.Document(version),
	}, true
}

// pull chooses the document. The caller holds mu.
func (s *subscriber) pull(p event.Pull) (confinfo.Template, bool) {
	s.rung = false
	if p.Final {
		return s.final(p.Reason)
	}
	if p.Full && !p.Must && s.udp && s.size > s.board.service.cfg.MaxDatagram {
		s.small = true // the last one did not arrive: no stream leads to him [NOT-NFY-09]
	}
	from, was := s.known, s.view
	s.known, s.view = s.board.history.revision, s.sees()
	switch {
	case p.Full, p.Must, s.version == 0, s.view != was:
		return s.full(), true
	}
	t, changed, ok := s.since(from)
	if !ok || changed && s.fullOnly {
		return s.full(), true // [NOT-NFY-11]
	}
	return t, changed
}

// sees returns the subscriber's view. The caller holds mu. [PRV-04]
func (s *subscriber) sees() view {
	v := view{present: s.fullOnly}
	if s.identity != "" && s.identity == s.board.owner {
		v.owner = true
	} else {
		v.inviter = s.user
	}
	return v
}

// full is the whole state. The caller holds mu.
func (s *subscriber) full() (t confinfo.Template) {
	t, s.detail = s.board.full(s.view, s.user, s.small)
	s.size = t.Size()
	return t
}

// since is what has changed. The caller holds mu.
func (s *subscriber) since(from uint64) (t confinfo.Template, changed, ok bool) {
	if s.detail == ownEntry {
		t, changed, ok = s.board.sinceOf(from, s.view, s.user)
	} else {
		t, changed, ok = s.board.since(from, s.view, s.detail)
	}
	if ok && changed && s.small && t.Size() > s.board.service.cfg.MaxDatagram {
		return t, false, false // then the whole state, in less detail
	}
	s.size = t.Size()
	return t, changed, ok
}

// final is the body of the NOTIFY that ends the subscription: none for a user
// who left or was removed, the end of the document for a conference that has
// ended, the whole state for a subscription that ran out. [NOT-END-01]
// [NOT-END-02] [NOT-SUB-06] [NOT-SUB-09]
func (s *subscriber) final(reason event.Reason) (confinfo.Template, bool) {
	switch reason {
	case event.Timeout:
		s.view = s.sees()
		return s.full(), true
	case event.NoResource:
		gone := confinfo.Document{Entity: string(s.board.id), State: confinfo.Deleted}
		return confinfo.NewTemplate(&gone), !s.fullOnly // [NOT-NFY-11]
	case event.Deactivated, event.Probation, event.Rejected, event.GiveUp, event.Invariant:
	}
	return confinfo.Template{}, false
}

// Refresh implements event.Feed. Who may not watch any more has no subscription
// that could be refreshed: see [board.withdrawn]. [NOT-SUB-07] [NOT-SUB-08]
func (s *subscriber) Refresh(req *sipmsg.Request, _ transport.Source) *sip.Error {
	if !req.Header.Accepts(confinfo.MediaType, confinfo.MediaType) {
		return &sip.Error{Status: 406} // and it goes on as it was
	}
	s.refreshed.Store(s.board.service.cfg.Now().UnixNano())
	return nil
}

// Ended implements event.Feed.
func (s *subscriber) Ended(event.Termination) {
	s.board.remove(s)
	s.board.service.watchers.remove(s)
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
