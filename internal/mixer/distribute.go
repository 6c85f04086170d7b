package mixer

import (
	"errors"
	"log/slog"
	"strconv"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/msrp"
)

// batch is how many messages a leg gets in one go at most.
const batch = 64

// due is a message that everybody else is to get now.
type due struct {
	kept
	sender *Leg
}

func appendPosition(at conference.Position) []byte { return strconv.AppendUint(nil, uint64(at), 10) }

// distribute has everybody else get a copy of a message. One rendering serves
// all legs; each adds its paths and a transaction id. [SW-PUB-04] [SW-PUB-05]
// [SW-PUB-06] [SW-PUB-07]
func (x *mix) distribute(at conference.Position, m *conference.Message) {
	k, err := keep(at, m, x.mixer.failureReport())
	if err != nil {
		x.mixer.cfg.Log.Error("message not rendered",
			slog.String("conference", string(x.id)), slog.Any("error", err))
		return
	}
	x.posted++
	k.n = x.posted
	x.last = at
	x.newest.Store(uint64(at))
	if history := x.policy.Load().History; history.Keep > 0 {
		x.past.push(k, x.mixer.cfg.HistoryOctets)
	}
	x.due = append(x.due, due{kept: k, sender: x.leg(m.Endpoint)})
	if len(x.due) == batch {
		x.Flush()
	}
}

// Flush implements instance.Flusher: it hands out what is due, leg by leg, so
// that what one leg gets leaves in one write, if it can. Whoever comes or goes
// does so after what was due before him. [SW-GEN-10] [SW-PUB-12]
func (x *mix) Flush() {
	hungry := x.hungry.Load() && x.hungry.Swap(false)
	if len(x.due) == 0 && !hungry {
		return
	}
	keep := x.policy.Load().History.Keep
	slowest := x.last
	for _, l := range x.open {
		switch h := l.current.Load(); {
		case keep == 0:
			x.push(l, h)
		case h == l.reads.from && l.reads.live:
			x.deliver(l, h)
		default:
			x.feed(l, h)
		}
		if !l.reads.live {
			slowest = min(slowest, l.position())
		}
	}
	x.past.trim(keep, slowest)
	clear(x.due)
	x.due = x.due[:0]
}

// deliver hands a leg that keeps up what is due. If it does not take all of that,
// it reads on from the history later. [SW-FLOW-02]
func (x *mix) deliver(l *Leg, h *handler) {
	t := l.terms.Load()
	for i := range x.due {
		d := &x.due[i]
		if l != d.sender && t.due(&d.kept) && !x.ownDevice(l, d.message) {
			err := h.session.SendShared(l.form(d), uint64(d.at))
			if errors.Is(err, msrp.ErrQueueFull) || errors.Is(err, msrp.ErrClosed) {
				l.reads.live = false
				return
			}
		}
		l.reads.upTo, l.reads.n = d.at, d.n
	}
	if h.session.Congested() {
		l.reads.live = false
	}
}

// form is how a message goes to a leg that keeps up.
func (l *Leg) form(d *due) *msrp.Shared {
	if !l.reads.relayed {
		return d.shared
	}
	return d.in(form{reported: true}, l.owner.failureReport())
}

// ownDevice reports whether a message is from the leg's own user and, by
// configuration, not for his other devices. [SW-PUB-05]
func (x *mix) ownDevice(l *Leg, m *conference.Message) bool {
	return x.mixer.cfg.OwnDevicesOff && m.User == l.user()
}

// push hands out what is due in a conference without history. What a leg cannot
// take is lost to it. [SW-FLOW-02] [SW-PUB-15]
func (x *mix) push(l *Leg, h *handler) {
	l.reads.upTo, l.reads.n = max(l.reads.upTo, x.last), x.posted // there is nothing to read from later
	if h == nil {
		return
	}
	x.meet(l, h)
	t := l.terms.Load()
	for i := range x.due {
		d := &x.due[i]
		if l == d.sender || !t.due(&d.kept) || x.ownDevice(l, d.message) {
			continue
		}
		if h.session.Congested() && d.shared.Size() > congestedMax {
			l.reads.lost++
			continue
		}
		if h.ready.Load() && !h.session.Congested() {
			x.tellLost(l, h)
		}
		if err := l.send(l.form(d), uint64(d.at)); errors.Is(err, msrp.ErrQueueFull) {
			l.reads.lost++
		}
	}
}
