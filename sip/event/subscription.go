package event

import (
	"time"

	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transaction"
	"github.com/confab-chat/confab/wheel"
)

// Subscription is a subscription of a peer with us as notifier.
type Subscription struct {
	// fixed after construction
	agent  *Agent
	callID string
	pkg    *Package
	event  string // value of Event in every NOTIFY
	feed   Feed

	// owned by the shard
	d       *dialog.Dialog // nil if none could be formed
	expires time.Time
	expiry  wheel.Timer
	open    bool         // a NOTIFY transaction is open
	changed bool         // Changed was called since the last NOTIFY left
	must    bool         // a NOTIFY must follow a 2xx
	full    bool         // the next body must be a full one
	again   bool         // the last NOTIFY could not be sent and is tried once more
	final   *Termination // the last NOTIFY is to leave, or has
	sent    bool         // it has
	told    bool         // the feed knows of the end
}

// Do runs f on the subscription's shard.
func (s *Subscription) Do(f func()) { s.agent.dl.Do(s.callID, f) }

// CallID returns the Call-ID of the subscription's dialog.
func (s *Subscription) CallID() string { return s.callID }

// Dialog returns the dialog, nil if it was never formed. Call it on the shard.
func (s *Subscription) Dialog() *dialog.Dialog { return s.d }

// Changed says that there may be something to tell: the feed is asked for it as soon
// as no NOTIFY is open. Several calls before that are one.
func (s *Subscription) Changed() {
	s.Do(func() {
		if s.final == nil {
			s.changed = true
			s.pump()
		}
	})
}

// Terminate ends the subscription with a last NOTIFY, whose body the feed is asked
// for. What has changed and was not told yet is not sent any more, unless the feed
// puts it into that body. [NOT-NFY-08]
func (s *Subscription) Terminate(t Termination) {
	s.Do(func() { s.end(t) })
}

func (s *Subscription) end(t Termination) {
	if s.final != nil || s.d == nil {
		return
	}
	s.final = &t
	s.expiry.Stop()
	s.tell(t)
	s.pump()
}

// tell lets the feed know, once, that it is over.
func (s *Subscription) tell(t Termination) {
	if !s.told {
		s.told = true
		s.feed.Ended(t)
	}
}

// finish ends the subscription without a (further) NOTIFY.
func (s *Subscription) finish(t Termination) {
	if s.final == nil {
		s.final = &t
	}
	s.sent = true
	s.expiry.Stop()
	s.tell(t)
	if s.d != nil {
		s.d.Detach(s)
	}
}

// extend sets the time to live anew.
func (s *Subscription) extend(seconds uint32) {
	d := time.Duration(seconds) * time.Second
	s.expires = time.Now().Add(d)
	s.agent.dl.After(s.callID, &s.expiry, d, func() {
		s.full = true
		s.end(Termination{Reason: Timeout}) // [NOT-SUB-09]
	})
}

// left returns the seconds to expiry. They are rounded down, since a NOTIFY never
// lengthens a subscription, except that a moment ago counts as now. [NOT-NFY-02]
func (s *Subscription) left() int64 {
	const moment = 100 * time.Millisecond
	return int64(max(0, time.Until(s.expires)+moment) / time.Second)
}

// Serve takes refreshes and unsubscriptions.
func (s *Subscription) Serve(tx *transaction.ServerTx) bool {
	req := tx.Request()
	if req.Method != sipmsg.SUBSCRIBE {
		return false
	}
	if ev, err := req.Header.Event(); err != nil || !sameEvent(ev, s.event) {
		return false
	}
	if s.final != nil {
		dialog.Reply(tx, 481, "") // [NOT-END-05]
		return true
	}
	granted, tooBrief := s.pkg.grant(&req.Header)
	if tooBrief != nil {
		tx.Respond(tooBrief.Response(req))
		return true
	}
	if granted == 0 {
		s.answer(tx, 0, nil)
		return true
	}
	if err := s.feed.Refresh(req, tx.Source()); err != nil {
		tx.Respond(err.Response(req))
		if err.Status == 403 || err.Status == 603 {
			s.end(Termination{Reason: Rejected}) // [NOT-SUB-08]
		}
		return true
	}
	s.answer(tx, granted, nil)
	return true
}

// sameEvent compares package and id; other parameters do not count
// (RFC 6665 §8.2.1).
func sameEvent(ev sipmsg.Event, value string) bool {
	h := sipmsg.Header{Fields: []sipmsg.Field{{Name: "Event", Value: value}}}
	own, err := h.Event()
	return err == nil && own.Package == ev.Package && own.ID() == ev.ID()
}
