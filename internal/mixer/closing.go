package mixer

import (
	"time"

	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/msrp/msrpwire"
)

// What is on its way when a conference ends may arrive, within this time.
const (
	closingTime  = 5 * time.Second
	closingLooks = 50 * time.Millisecond
)

// closing is what is left of an ended conference: legs with output that has not
// left yet. Guarded by the mix's mutex. [SW-GEN-06]
type closing struct {
	legs  []*Leg
	until time.Time
	done  func() // of Drain; nil: not waited for yet
}

// Drain implements instance.Drainer.
func (x *mix) Drain(done func()) {
	x.end()
	x.mu.Lock()
	if len(x.closing.legs) > 0 {
		x.closing.done = done
		x.mu.Unlock()
		return
	}
	x.mu.Unlock()
	done()
}

// end closes every leg, those whose output has not left in a moment. Nothing is
// taken from anybody any more.
func (x *mix) end() {
	x.mu.Lock()
	x.ended = true
	if x.sweep != nil {
		x.sweep.Stop()
	}
	legs, mail := x.legs, x.mail
	x.legs, x.users, x.open, x.mail = nil, nil, nil, nil
	x.mu.Unlock()
	for _, box := range mail {
		for _, l := range box.letters {
			l.fail() // while its sender still has a session
		}
	}
	var busy []*Leg
	for _, l := range legs {
		if l.lingers() {
			busy = append(busy, l)
		} else {
			l.Close()
		}
	}
	x.mixer.forget(x)
	if len(busy) == 0 {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.closing.legs, x.closing.until = busy, time.Now().Add(closingTime)
	time.AfterFunc(closingLooks, x.look)
}

// look closes the legs whose output has left meanwhile, or all when the time is
// over.
func (x *mix) look() {
	x.mu.Lock()
	late := !time.Now().Before(x.closing.until)
	var finished, busy []*Leg
	for _, l := range x.closing.legs {
		if late || !l.busy() {
			finished = append(finished, l)
		} else {
			busy = append(busy, l)
		}
	}
	x.closing.legs = busy
	var done func()
	if len(busy) > 0 {
		time.AfterFunc(closingLooks, x.look)
	} else {
		done = x.closing.done
	}
	x.mu.Unlock()
	for _, l := range finished {
		l.Close()
	}
	if done != nil {
		done()
	}
}

// lingers reports whether the leg has output that may still leave; then nothing
// is taken from it any more.
func (l *Leg) lingers() bool {
	if !l.busy() {
		return false
	}
	l.open.Store(false)
	if h := l.current.Load(); h != nil {
		h.session.Gate(&msrp.Error{Status: msrpwire.StatusNoSuchSession, Comment: "The conference is over"})
	}
	return true
}

func (l *Leg) busy() bool {
	h := l.current.Load()
	return h != nil && !l.done.Load() && h.session.Busy()
}
