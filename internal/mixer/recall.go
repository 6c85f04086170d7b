package mixer

import (
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/journal"
)

// recallRetry is how long legs wait after the journal could not be read.
const recallRetry = time.Second

// errPostponed says that the journal could not be read a moment ago.
var errPostponed = errors.New("mixer: history cannot be read at present")

// recalled is what the mix has of a durable journal, whose messages are more than
// memory has. Owned by the instance's goroutine, but for paused.
type recalled struct {
	page    []kept // behind from, as they follow each other
	from    conference.Position
	missing conference.Position // up to here nothing was read into memory, for an error
	paused  atomic.Bool         // the journal is not read before some time has passed
	failing bool                // it could not be read when it was last tried
}

// recall reads the message behind the leg's place from a durable journal, nil if the
// next one is in memory.
func (x *mix) recall(r *reading) (*kept, error) {
	if n := len(x.old.page); n == 0 || x.old.page[n-1].at <= r.upTo || x.old.from > r.upTo {
		gap, err := x.turn(r.upTo)
		if err != nil {
			return nil, err
		}
		r.gap = gap || r.gap
	}
	for i := range x.old.page {
		if k := &x.old.page[i]; k.at > r.upTo {
			if k.at > x.past.gone {
				return nil, nil //nolint:nilnil // memory has it, too
			}
			return k, nil
		}
	}
	return nil, nil //nolint:nilnil // nothing is between there and memory
}

// turn reads a page of the journal, and reports whether that has dropped messages
// that would stand on it, or cannot be read any more.
func (x *mix) turn(after conference.Position) (gap bool, err error) {
	const size = 64
	x.old.page, x.old.from = x.old.page[:0], after
	for {
		entries, err := x.read(func() ([]journal.Entry, error) { return x.inst.MessagesAfter(after, size) })
		switch _, gone := errors.AsType[*journal.CompactedError](err); {
		case gone && !gap:
			gap, after = true, journal.AnyPosition // what is left
			continue
		case gone, errors.Is(err, journal.ErrDamaged):
			return true, nil
		case err != nil:
			return gap, err
		}
		for _, e := range entries {
			after = e.Position
			if p, ok := e.Event.(conference.Posted); ok {
				if k, err := keep(e.Position, p.Message, x.mixer.failureReport()); err == nil {
					x.old.page = append(x.old.page, k)
				}
			}
		}
		if len(x.old.page) > 0 || len(entries) < size {
			return gap, nil
		}
	}
}

// read reads the journal unless that has failed a moment ago. Where it fails, those
// who wait for it try again after a while. [SW-HIS-02]
func (x *mix) read(from func() ([]journal.Entry, error)) ([]journal.Entry, error) {
	if x.old.paused.Load() {
		return nil, errPostponed
	}
	entries, err := from()
	_, gone := errors.AsType[*journal.CompactedError](err)
	fails := err != nil && !gone
	if fails != x.old.failing {
		x.old.failing = fails
		x.tellReading(fails, err)
	}
	if !fails {
		return entries, err
	}
	if !errors.Is(err, journal.ErrDamaged) {
		x.old.paused.Store(true)
		time.AfterFunc(recallRetry, func() {
			x.old.paused.Store(false)
			x.poke() // does nothing to a conference that has ended
		})
	}
	return nil, err
}

// tellReading logs whether the journal can be read, when that has changed.
func (x *mix) tellReading(fails bool, err error) {
	log := x.mixer.cfg.Log.With(slog.String("conference", string(x.id)))
	if !fails {
		log.Info("history read again")
		return
	}
	log.Warn("history not read", slog.Any("error", err))
}

// remember takes the messages into memory that an earlier life of a durable
// conference has left. [SW-HIS-01]
func (x *mix) remember(now conference.Position) {
	history := x.policy.Load().History
	if !history.Durable || history.Keep == 0 || len(x.past.list) > 0 {
		return
	}
	most := min(history.Keep, waitMost)
	entries, err := x.read(func() ([]journal.Entry, error) { return x.inst.Messages(now, most) })
	if err != nil {
		x.old.missing, x.past.gone, x.last = now, now, now
		return
	}
	if len(entries) == most {
		x.past.gone = entries[0].Position - 1 // there may be more
	}
	for _, e := range entries {
		if p, ok := e.Event.(conference.Posted); ok {
			x.recollect(e.Position, p.Message)
		}
	}
}

func (x *mix) recollect(at conference.Position, m *conference.Message) {
	if k, err := keep(at, m, x.mixer.failureReport()); err == nil {
		x.posted++
		k.n, x.last = x.posted, at
		x.past.push(k, x.mixer.cfg.HistoryOctets)
	}
}

// unread reports whether memory has not the last n messages because the journal
// could not be read.
func (x *mix) unread(n int) bool {
	return x.old.missing > 0 && len(x.past.list) < n
}

// settle finds in the journal where a leg begins that came when memory could not tell.
func (x *mix) settle(r *reading) error {
	if r.show == 0 {
		return nil
	}
	entries, err := x.read(func() ([]journal.Entry, error) { return x.inst.Messages(r.mark, r.show) })
	switch {
	case errors.Is(err, journal.ErrDamaged):
		r.gap, r.upTo = true, r.mark
	case err != nil:
		return err
	case len(entries) == 0:
		r.upTo = r.mark
	default:
		r.upTo = entries[0].Position - 1
	}
	r.show = 0
	return nil
}
