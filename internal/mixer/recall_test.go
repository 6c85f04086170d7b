package mixer_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/journal"
)

// readings is a journal whose messages cannot be read while it is told so.
type readings struct {
	journal.Journal

	mu     sync.Mutex
	err    error
	failed chan struct{} // holds something when a reading has failed
}

func newReadings(err error) *readings { return &readings{err: err, failed: make(chan struct{}, 1)} }

func (r *readings) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = err
}

func (r *readings) fault() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		select {
		case r.failed <- struct{}{}:
		default:
		}
	}
	return r.err
}

func (r *readings) Messages(ctx context.Context, id conference.ID, before journal.Position, limit int) ([]journal.Entry, error) {
	if err := r.fault(); err != nil {
		return nil, err
	}
	return r.Journal.Messages(ctx, id, before, limit) //nolint:wrapcheck // it stands for the journal
}

func (r *readings) MessagesAfter(ctx context.Context, id conference.ID, after journal.Position, limit int) ([]journal.Entry, error) {
	if err := r.fault(); err != nil {
		return nil, err
	}
	return r.Journal.MessagesAfter(ctx, id, after, limit) //nolint:wrapcheck // as above
}

// forgetful makes a durable conference of which memory holds the last message.
func forgetful(r *readings) func(*blueprint) {
	return func(b *blueprint) {
		b.reads = r
		b.policy.History = conference.History{Keep: 100, Replay: 3, Durable: true}
		b.mixer.HistoryOctets = 1
	}
}

// leftBehind has bob join and leave, and alice say what he misses.
func (h *house) leftBehind() (a *client) {
	a, b := h.join(alice, nil), h.join(bob, nil)
	a.say("heard")
	b.hears(a.text(lobby, "heard"))
	b.probe()
	b.leave()
	for i := range 20 {
		a.say(fmt.Sprint("missed ", i))
	}
	return a
}

// TestReadingFailsForAWhile: who comes back, or comes anew, while the journal cannot be
// read waits, and then has everything in its order.
func TestReadingFailsForAWhile(t *testing.T) {
	t.Parallel()
	r := newReadings(nil)
	h := newHouse(t, forgetful(r))
	a := h.leftBehind()
	r.fail(fmt.Errorf("disk: %w", journal.ErrUnavailable))
	b := h.join(bob, nil)
	wait(t, r.failed, "reading")
	a.say("said meanwhile")
	if len(b.copies) > 0 {
		t.Error("something was skipped")
	}
	r.fail(nil)
	for i := range 20 {
		b.recalls(a.text(lobby, fmt.Sprint("missed ", i)))
	}
	b.hears(a.text(lobby, "said meanwhile"))
	a.say("live")
	b.hears(a.text(lobby, "live"))
	quiet(t, a, b)
	conform.Covers(t, "SW-HIS-04", "SW-RPT-06")
}

// TestEarlierLifeNotRead: a conference that begins anew while the journal cannot be
// read shows what was said before as soon as it can.
func TestEarlierLifeNotRead(t *testing.T) {
	t.Parallel()
	r := newReadings(nil)
	h := newHouse(t, forgetful(r))
	a := h.join(alice, nil)
	for i := range 5 {
		a.say(fmt.Sprint("earlier ", i))
	}
	gone := h.inst.Gone()
	h.do(conference.End{At: time.Now()})
	<-gone
	r.fail(errors.New("disk"))
	a = h.join(alice, nil)
	wait(t, r.failed, "reading")
	b := h.join(bob, nil)
	a.say("now")
	r.fail(nil)
	b.recalls(a.text(lobby, "earlier 2"), a.text(lobby, "earlier 3"), a.text(lobby, "earlier 4"))
	b.hears(a.text(lobby, "now"))
	c := h.join(carol, nil)
	c.recalls(a.text(lobby, "earlier 3"), a.text(lobby, "earlier 4"), a.text(lobby, "now"))
	quiet(t, b, c)
}

// TestJournalDamaged: who misses what can never be read again is told so, and goes on
// with what there is; the log says it once.
func TestJournalDamaged(t *testing.T) {
	t.Parallel()
	r := newReadings(nil)
	var log lines
	h := newHouse(t, func(b *blueprint) {
		forgetful(r)(b)
		b.mixer.Log = slog.New(slog.NewTextHandler(&log, nil))
	})
	a := h.leftBehind()
	r.fail(fmt.Errorf("store: %w", journal.ErrDamaged))
	b := h.join(bob, nil)
	b.notice("Some messages that were sent while you were away are no longer available.")
	b.recalls(a.text(lobby, "missed 19"))
	a.say("live")
	b.hears(a.text(lobby, "live"))
	if n := log.count("history not read"); n != 1 {
		t.Errorf("%d lines in the log", n)
	}
}

// lines is a log that can be looked at while it is written.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) count(what string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), what)
}
