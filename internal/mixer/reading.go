package mixer

import (
	"errors"
	"log/slog"
	"math"
	"slices"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/journal"
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
	lost int                 // messages that it did not get
	gap  bool                // it did not get some that nobody has counted
	were []conference.EndpointID

	relayed bool // what answers is a relay; copies ask for a REPORT [SW-RPT-07]
}

// feed lets a leg read on from the history as far as its output takes it.
// [SW-HIS-02] [SW-FLOW-02]
func (x *mix) feed(l *Leg, h *handler) {
	l.reads.live = false
	if l.terms.Load() == nil { // he has given up the stream, and misses nothing [SDP-21]
		l.reads.upTo, l.reads.n = max(l.reads.upTo, x.last), x.posted
		return
	}
	if h == nil || !h.ready.Load() {
		return
	}
	x.meet(l, h)
	for !h.session.Congested() {
		k := x.next(l)
		if k == nil {
			l.reads.live = true
			return
		}
		x.tellLost(l, h)
		if x.missed(l, k) {
			err := h.session.SendShared(k.in(form{history: k.at <= l.reads.mark, reported: l.reads.relayed}, x.mixer.failureReport()), uint64(k.at))
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
	if !l.terms.Load().wants(k.content) || k.message.Endpoint == l.req.Endpoint || slices.Contains(l.reads.were, k.message.Endpoint) {
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
// longer in memory comes from the journal, if that keeps it; else it is lost.
func (x *mix) next(l *Leg) *kept {
	r := &l.reads
	if r.upTo < x.past.gone {
		if k := x.recall(r); k != nil {
			return k
		}
	}
	k := x.past.after(r.upTo)
	if r.upTo >= x.past.gone {
		return k
	}
	switch {
	case k != nil && r.n > 0:
		r.lost += int(k.n - r.n - 1) //nolint:gosec // no conference has so many
	case r.n > 0:
		r.lost += int(x.posted - r.n) //nolint:gosec // as above
	default:
		r.gap = true // nobody knows how many
	}
	r.upTo, r.n = x.past.gone, 0
	return k
}

// recall reads the message behind the leg's place from a durable journal.
func (x *mix) recall(r *reading) *kept {
	if !x.policy.Load().History.Durable {
		return nil
	}
	if n := len(x.page); n == 0 || x.page[n-1].at <= r.upTo || x.pageFrom > r.upTo {
		r.gap = x.turn(r.upTo) || r.gap
	}
	for i := range x.page {
		if k := &x.page[i]; k.at > r.upTo {
			if k.at > x.past.gone {
				return nil // memory has it, too
			}
			return k
		}
	}
	return nil
}

// turn reads a page of the journal, and reports whether that may have dropped
// messages that would stand on it.
func (x *mix) turn(after conference.Position) (gap bool) {
	const size = 64
	x.page, x.pageFrom = x.page[:0], after
	for len(x.page) == 0 {
		entries, err := x.inst.Read(after, size)
		if _, gone := errors.AsType[*journal.CompactedError](err); gone && !gap {
			gap = true
			entries, err = x.inst.Read(journal.AnyPosition, math.MaxInt32) // what is left, around the holes
		}
		if err != nil {
			x.mixer.cfg.Log.Warn("history not read", slog.String("conference", string(x.id)), slog.Any("error", err))
			return gap
		}
		last := len(entries) < size || gap
		for _, e := range entries {
			if e.Position <= after || len(x.page) == size {
				continue
			}
			after = e.Position
			if p, ok := e.Event.(conference.Posted); ok {
				if k, err := keep(e.Position, p.Message, x.mixer.failureReport()); err == nil {
					x.page = append(x.page, k)
				}
			}
		}
		if last {
			return gap
		}
	}
	return gap
}

// remember takes the messages into memory that an earlier life of a durable
// conference has left. It reads all in one page: between pages there may be
// holes, where older messages had to go. [SW-HIS-01]
func (x *mix) remember(now conference.Position) {
	history := x.policy.Load().History
	if !history.Durable || history.Keep == 0 || len(x.past.list) > 0 {
		return
	}
	entries, err := x.inst.Read(journal.AnyPosition, math.MaxInt32)
	if err != nil {
		x.mixer.cfg.Log.Warn("history not read", slog.String("conference", string(x.id)), slog.Any("error", err))
		return
	}
	for _, e := range entries {
		if p, ok := e.Event.(conference.Posted); ok && e.Position <= now {
			x.recollect(e.Position, p.Message)
		}
	}
	x.past.trim(history.Keep, x.last)
}

func (x *mix) recollect(at conference.Position, m *conference.Message) {
	if k, err := keep(at, m, x.mixer.failureReport()); err == nil {
		x.posted++
		k.n, x.last = x.posted, at
		x.past.push(k, x.mixer.cfg.HistoryOctets)
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
