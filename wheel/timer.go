package wheel

// A Timer is one deadline. The zero value is ready to use; embed it by value
// in what it belongs to. A Timer must not be copied once started.
type Timer struct {
	// Guarded by wheel.mu, once wheel is set.
	wheel      *Wheel
	next, prev *Timer
	f          func()
	due        uint64
	at         uint16 // level and slot while armed
	state      state
}

// state says which list of the wheel, if any, holds a timer.
type state uint8

const (
	idle    state = iota
	armed         // in a slot
	expired       // in the wheel's expired list, callback not begun
	fired         // callback begun, neither stopped nor started since
)

// Stop disarms t and reports whether that kept its callback from running. It
// is false as well for a timer that was never started. A timer is started
// (for the first time) and stopped by its owner, not concurrently.
func (t *Timer) Stop() bool {
	w := t.wheel
	if w == nil {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	was := t.state
	w.unlink(t)
	return was == armed || was == expired
}

// Claim reports, once, whether t has fired and has been neither stopped nor
// started since. A callback that passes its work on to another executor asks
// there, so that a Stop on that executor holds even if the timer fired a
// moment before.
func (t *Timer) Claim() bool {
	w := t.wheel
	if w == nil {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if t.state != fired {
		return false
	}
	t.state = idle
	return true
}

// list is a doubly linked list of timers, first in first out.
type list struct{ head, tail *Timer }

func (l *list) push(t *Timer) {
	t.next, t.prev = nil, l.tail
	if l.tail == nil {
		l.head = t
	} else {
		l.tail.next = t
	}
	l.tail = t
}

func (l *list) remove(t *Timer) {
	if t.prev == nil {
		l.head = t.next
	} else {
		t.prev.next = t.next
	}
	if t.next == nil {
		l.tail = t.prev
	} else {
		t.next.prev = t.prev
	}
	t.next, t.prev = nil, nil
}
