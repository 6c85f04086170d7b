package instance

import (
	"sync"

	"github.com/confab-chat/confab/internal/conference"
)

// successors are those who came while a conference was ending that can be
// started again in a moment. At most as many wait as the conference's queue
// would have taken.
type successors struct {
	mu      sync.Mutex
	waiting []func()
	gone    bool
}

// wait has f called when the instance is gone. It reports false, and does not
// call f, if that is so already.
func (s *successors) wait(f func(), limit int) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.gone:
		return false, nil
	case len(s.waiting) >= limit:
		return false, ErrOverload
	}
	s.waiting = append(s.waiting, f)
	return true, nil
}

// enter lets in who waits; nobody does any more from now on.
func (s *successors) enter() {
	s.mu.Lock()
	waiting := s.waiting
	s.waiting, s.gone = nil, true
	s.mu.Unlock()
	for _, f := range waiting {
		f()
	}
}

// late answers an admission that found its conference ended. A reserved one
// that ended because nobody was left is started anew as soon as the old life is
// cleared away; who comes after any other end is told to come back.
// [FOC-TRM-02]
func (d *Directory) late(i *Instance, a Admission, done Joined) {
	if !d.reopens(i) {
		done(nil, Result{Err: d.terminating(i)})
		return
	}
	again := func() { d.Join(i.address, a, done) }
	waits, err := i.successors.wait(again, i.queue.limits.Commands)
	switch {
	case err != nil:
		done(nil, Result{Err: err})
	case !waits:
		again()
	}
}

// reopens reports whether a conference that has ended may be started again at
// once.
func (d *Directory) reopens(i *Instance) bool {
	cause, ended := i.ending()
	if !ended || cause != conference.EndEmpty && cause != conference.EndNobody {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return !d.draining && d.reserved[i.address] != nil
}

// ending returns why the conference ended, if it did.
func (i *Instance) ending() (conference.EndCause, bool) {
	word := i.phase.Load()
	return conference.EndCause(word >> causeShift & 0xff), conference.Phase(word&0xff) == conference.PhaseEnded
}

// causeShift is where the cause of the end stands in Instance.phase.
const causeShift = 8
