package wheel

import (
	"math/bits"
	"sync"
	"time"
)

// The wheel has levels of 64 slots, each level 64 times as coarse as the one
// below. With a tick of 10 ms the levels span 0.64 s, 41 s, 44 min, 47 h and
// 124 days; a timer set for longer waits in the last slot and is sorted again.
const (
	slotBits = 6
	slots    = 1 << slotBits
	slotMask = slots - 1
	levels   = 5
)

// DefaultTick is the precision of a wheel made with New(0).
const DefaultTick = 10 * time.Millisecond

// never is the tick at which a wheel without timers wakes.
const never = ^uint64(0)

// A Wheel runs timers. Its methods are safe for concurrent use.
type Wheel struct {
	tick  time.Duration
	start time.Time

	mu      sync.Mutex
	level   [levels]level
	now     uint64 // all ticks up to this one have been served
	armed   int    // timers linked into a slot
	expired list   // timers taken from their slots whose callback is due
	wake    *time.Timer
	wakeAt  uint64 // tick for which wake is set, never if it is not
	firing  bool   // a goroutine runs callbacks
	closed  bool
}

// level is one ring of slots, with a bit for each slot that is occupied.
type level struct {
	occupied uint64
	slot     [slots]list
}

// New makes a wheel whose timers fire up to tick late. A tick of zero or less
// means DefaultTick.
func New(tick time.Duration) *Wheel {
	if tick <= 0 {
		tick = DefaultTick
	}
	return &Wheel{tick: tick, start: time.Now(), wakeAt: never}
}

// Start arms t to run f after d, at most one tick later. A timer that is armed
// already is moved. Callbacks run one after the other on a goroutine of the
// wheel; f must not block and may call any method of the wheel and of its
// timers. A timer stays with the wheel that started it first. On a closed
// wheel Start does nothing.
func (w *Wheel) Start(t *Timer, d time.Duration, f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.unlink(t)
	if w.closed {
		return
	}
	elapsed := time.Since(w.start)
	if w.armed == 0 {
		// Nothing waits: let the hand jump, or the timer would be placed
		// by the distance from a moment long gone.
		w.now = max(w.now, w.ticks(elapsed))
	}
	if t.wheel == nil {
		t.wheel = w
	}
	t.f, t.state = f, armed
	t.due = max(w.ticks(elapsed+max(d, 0)+w.tick-1), w.now+1)
	w.armed++
	w.place(t)
	w.arrange(elapsed)
}

// Armed reports how many timers are armed.
func (w *Wheel) Armed() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.armed
}

// Close disarms all timers for good. A callback that runs already goes on.
func (w *Wheel) Close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	for l := range w.level {
		for s := range w.level[l].slot {
			for t := w.level[l].slot[s].head; t != nil; t = w.level[l].slot[s].head {
				w.unlink(t)
			}
		}
	}
	for t := w.expired.head; t != nil; t = w.expired.head {
		w.unlink(t)
	}
	if w.wake != nil {
		w.wake.Stop()
	}
}

// ticks converts a time since the start of the wheel, rounding down.
func (w *Wheel) ticks(d time.Duration) uint64 {
	return uint64(d / w.tick) //nolint:gosec // d is not negative: the monotonic clock runs forward
}

// place links t into the finest level that reaches as far as its due tick.
func (w *Wheel) place(t *Timer) {
	l := 0
	for l < levels-1 && t.due>>(slotBits*l)-w.now>>(slotBits*l) >= slots {
		l++
	}
	// On the last level what lies beyond the ring waits in its last slot.
	s := min(t.due>>(slotBits*l), w.now>>(slotBits*l)+slotMask) & slotMask
	t.at = uint16(l<<slotBits) | uint16(s)
	w.level[l].slot[s].push(t)
	w.level[l].occupied |= 1 << s
}

// unlink takes t out of the list that holds it, if any, and makes it idle.
func (w *Wheel) unlink(t *Timer) {
	switch t.state {
	case armed:
		l, s := t.at>>slotBits, t.at&slotMask
		w.level[l].slot[s].remove(t)
		if w.level[l].slot[s].head == nil {
			w.level[l].occupied &^= 1 << s
		}
		w.armed--
	case expired:
		w.expired.remove(t)
	case idle, fired:
		// in no list
	}
	t.state, t.f = idle, nil
}

// next returns the first tick after now at which a slot has to be served.
func (w *Wheel) next() uint64 {
	first := never
	for l := range w.level {
		occupied := w.level[l].occupied
		if occupied == 0 {
			continue
		}
		// Turn the ring so that bit 0 is the slot after the current one.
		following := w.now>>(slotBits*l) + 1
		turned := bits.RotateLeft64(occupied, -int(following&slotMask))
		at := following + uint64(bits.TrailingZeros64(turned))
		first = min(first, at<<(slotBits*l))
	}
	return first
}

// arrange sets the runtime timer to the next occupied slot. A timer that was
// stopped leaves its wake-up behind: one wake-up for nothing costs less than
// a Reset for each Stop.
func (w *Wheel) arrange(elapsed time.Duration) {
	at := w.next()
	if w.firing || w.closed || at >= w.wakeAt {
		return
	}
	w.wakeAt = at
	d := time.Duration(at)*w.tick - elapsed //nolint:gosec // 2^63 ns are 292 years
	if w.wake == nil {
		w.wake = time.AfterFunc(d, w.fire)
		return
	}
	w.wake.Reset(d)
}

// fire runs on the goroutine of the runtime timer: it serves the slots that
// are due and runs the callbacks.
func (w *Wheel) fire() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.firing {
		return // the other goroutine looks at the clock again before it ends
	}
	w.firing = true
	w.advance(w.ticks(time.Since(w.start)))
	for t := w.expired.head; t != nil; t = w.expired.head {
		w.expired.remove(t)
		f := t.f
		t.state, t.f = fired, nil
		w.mu.Unlock()
		f()
		w.mu.Lock()
		if w.expired.head == nil {
			w.advance(w.ticks(time.Since(w.start)))
		}
	}
	w.firing, w.wakeAt = false, never
	w.arrange(time.Since(w.start))
}

// advance moves the hand to tick to and collects what is due by then.
func (w *Wheel) advance(to uint64) {
	for w.now < to {
		w.now = min(w.next(), to)
		// Coarse levels first: what they hold for this very moment is due
		// now, the rest of a slot moves to finer levels.
		for l := levels - 1; l >= 0; l-- {
			if w.now&(1<<(slotBits*l)-1) == 0 {
				w.serve(l, w.now>>(slotBits*l)&slotMask)
			}
		}
	}
}

// serve empties one slot.
func (w *Wheel) serve(l int, s uint64) {
	if w.level[l].occupied&(1<<s) == 0 {
		return
	}
	w.level[l].occupied &^= 1 << s
	due := w.level[l].slot[s]
	w.level[l].slot[s] = list{}
	for t := due.head; t != nil; t = due.head {
		due.remove(t)
		if t.due > w.now {
			w.place(t)
			continue
		}
		w.armed--
		t.state = expired
		w.expired.push(t)
	}
}
