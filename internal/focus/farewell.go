package focus

import (
	"sync"
	"time"

	"github.com/confab-chat/confab/wheel"
)

// How many BYEs of one conference leave at once, and in a second, D-06: those of
// 1,000 users are out in two seconds. [FOC-TRM-08]
const (
	farewellsAtOnce    = 100
	farewellsPerSecond = 500
)

// farewell is where the BYEs of a conference wait until they may leave, so that
// the end of a large one floods nobody. Whose BYE waits hears and says nothing any
// more: his leg is gone.
type farewell struct {
	// fixed after construction
	focus *Focus
	key   string // of the executor that the timer runs on

	timer wheel.Timer

	mu      sync.Mutex
	pace    pace
	waiting []func()
}

func newFarewell(f *Focus, key string) *farewell {
	return &farewell{focus: f, key: key, pace: paceOf(farewellsPerSecond, farewellsAtOnce)}
}

// add has f called when its turn comes, at once if nobody waits.
func (w *farewell) add(f func()) {
	w.mu.Lock()
	w.waiting = append(w.waiting, f)
	w.mu.Unlock()
	w.release()
}

// hurry lets everybody go from now on: the server stops.
func (w *farewell) hurry() {
	w.mu.Lock()
	w.pace = pace{}
	w.mu.Unlock()
	w.release()
}

func (w *farewell) release() {
	for f := w.next(); f != nil; f = w.next() {
		f()
	}
}

// next takes the first in line if it may go now, and else sets the timer.
func (w *farewell) next() func() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.waiting) == 0 {
		w.waiting = nil
		return nil
	}
	now := time.Now()
	if wait := w.pace.wait(now); wait > 0 {
		// A tick of the timer lets several go.
		w.focus.dialogs.After(w.key, &w.timer, max(wait, farewellTick), w.release)
		return nil
	}
	w.pace.take(now)
	f := w.waiting[0]
	w.waiting[0] = nil
	w.waiting = w.waiting[1:]
	return f
}

// farewellTick is how often waiting BYEs are let go.
const farewellTick = 50 * time.Millisecond

// part hangs a call up in its turn.
func (a *attendance) part(c *call, reason string) {
	c.mu.Lock()
	connected, waits := c.session != nil, c.parting
	c.parting = connected
	c.mu.Unlock()
	switch {
	case waits:
	case connected:
		a.farewell.add(func() { c.hangUp(reason) })
	default:
		c.hangUp(reason)
	}
}
