package mixer

import (
	"errors"
	"slices"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/msrp"
)

// reading is how far a leg has come in the messages to everybody. A leg that
// keeps up is handed each as it is posted; one that is late, slow or back from
// a loss reads them from the history until it has caught up, in the one order.
// Owned by the instance's goroutine.
type reading struct {
	from *handler            // the session that upTo counts for; nil: none yet
	live bool                // it has caught up
	upTo conference.Position // everything up to here is handed out, or not meant for it
	n    uint64              // number of the message at upTo; 0: unknown
	mark conference.Position // what stands up to here is history to the participant
	show int                 // messages before mark that it is to begin with; 0: upTo says where it is
	lost int                 // messages that it did not get
	gap  bool                // it did not get some that nobody has counted
	told time.Time           // when it was last told so
	were []conference.EndpointID

	relayed bool // what answers is a relay; copies ask for a REPORT [SW-RPT-07]
}

// feed lets a leg read on from the history as far as its output takes it.
// [SW-HIS-02] [SW-FLOW-02]
func (x *mix) feed(l *Leg, h *handler) {
	l.reads.live = false
	if l.terms.Load() == nil { // he has given up the stream, and misses nothing [SDP-21]
		l.reads.upTo, l.reads.n, l.reads.show = max(l.reads.upTo, x.last), x.posted, 0
		return
	}
	if h == nil || !h.ready.Load() {
		return
	}
	x.meet(l, h)
	for !h.session.Congested() {
		k, err := x.next(l)
		if err != nil {
			return // it is fed again when the journal may be read
		}
		if k == nil {
			l.reads.live = true
			return
		}
		x.tellLost(l, h)
		if x.missed(l, k) {
			err = h.session.SendShared(k.in(form{history: k.at <= l.reads.mark, reported: l.reads.relayed}, x.mixer.failureReport()), uint64(k.at))
			if errors.Is(err, msrp.ErrQueueFull) || errors.Is(err, msrp.ErrClosed) {
				return // it is fed again when there is room, or a session
			}
		}
		l.reads.upTo, l.reads.n = k.at, k.n
	}
}

// missed reports whether a message of the past is for the leg's participant. His
// own he has, if it was this device that sent it.
func (x *mix) missed(l *Leg, k *kept) bool {
	if !l.terms.Load().due(k) || k.message.Endpoint == l.req.Endpoint || slices.Contains(l.reads.were, k.message.Endpoint) {
		return false
	}
	if x.ownDevice(l, k.message) && k.at > l.reads.mark {
		return false
	}
	return k.at > l.reads.mark || !k.message.At.Before(x.oldest())
}

// oldest is how old history may be.
func (x *mix) oldest() time.Time {
	age := x.policy.Load().History.MaxAge
	if age <= 0 {
		return time.Time{}
	}
	return x.mixer.cfg.Now().Add(-age)
}

// next returns the message that the leg gets next, nil if it has all. What is no
// longer in memory comes from the journal, if that keeps it; else it is lost. With an
// error the leg has to wait until the journal can be read again.
func (x *mix) next(l *Leg) (*kept, error) {
	r := &l.reads
	if err := x.settle(r); err != nil {
		return nil, err
	}
	if r.upTo < x.past.gone {
		if x.policy.Load().History.Durable {
			if k, err := x.recall(r); k != nil || err != nil {
				return k, err
			}
		} else {
			x.miss(r)
		}
		r.upTo, r.n = x.past.gone, 0
	}
	return x.past.after(r.upTo), nil
}

// miss counts what a leg has lost that stands behind what is gone.
func (x *mix) miss(r *reading) {
	k := x.past.after(r.upTo)
	switch {
	case k != nil && r.n > 0:
		r.lost += int(k.n - r.n - 1) //nolint:gosec // no conference has so many
	case r.n > 0:
		r.lost += int(x.posted - r.n) //nolint:gosec // as above
	default:
		r.gap = true // nobody knows how many
	}
}

// meet takes note that a leg has another session than before: what the old one
// left unconfirmed is to be sent again. Messages posted since it was last there
// are history to it. [SW-RPT-06] [MSRP-CON-15]
func (x *mix) meet(l *Leg, h *handler) {
	r := &l.reads
	if r.from == h {
		return
	}
	if doubt := l.takeDoubt(); doubt > 0 && doubt <= r.upTo {
		r.upTo, r.n = doubt-1, 0
	}
	if k := x.past.after(r.upTo); r.n == 0 && r.upTo >= x.past.gone && k != nil {
		r.n = k.n - 1
	}
	if r.from != nil {
		r.mark = x.last
	}
	first := r.from == nil
	r.from = h
	t := l.terms.Load()
	r.relayed = t != nil && len(t.peer.Path) > 1
	h.relayed.Store(r.relayed)
	if first {
		x.greet(l)
	}
}

// arrive settles where a leg begins that has come into the conference: behind
// what its device has, if that was here before, else with the last messages.
// [SW-HIS-04] [SW-GEN-09]
func (x *mix) arrive(l *Leg, ep *conference.Endpoint, at conference.Position) {
	r := &l.reads
	r.mark, r.were = at, ep.Return.Were
	since := ep.Return.Since
	if old := x.leg(ep.Replaces); old != nil && old != l {
		old.Close() // what it has answered so far counts
		since = old.position()
	}
	history := x.policy.Load().History
	switch {
	case history.Keep == 0:
		r.upTo = at
	case since > 0:
		r.upTo = since
	case x.unread(min(history.Replay, history.Keep)):
		r.show, r.were = min(history.Replay, history.Keep), nil
	default:
		r.upTo, r.were = x.past.begin(min(history.Replay, history.Keep), x.oldest(), at), nil
	}
	x.hungry.Store(true)
}

// position is the place up to which the leg has everything that was meant for
// it. A refused copy counts as received. [SW-RPT-06]
func (l *Leg) position() conference.Position {
	at := l.reads.upTo
	if doubt := l.seeDoubt(); doubt > 0 && doubt <= at {
		at = doubt - 1
	}
	return at
}
