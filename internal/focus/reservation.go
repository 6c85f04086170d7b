package focus

import (
	"errors"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/wheel"
)

// mixerWait is how long the mixer may take for a leg. [MIX-07]
const mixerWait = 3 * time.Second

// What may come of asking a mixer for a leg; see [Mixer].
var (
	// ErrMixerFull is the error of a mixer without room for another leg.
	ErrMixerFull = errors.New("focus: mixer is full")

	errMixerSilent = errors.New("focus: mixer does not answer")
)

// reservation is a leg that the mixer was asked for. Until it has answered nothing
// leaves that describes media, and whoever ends the call ends the waiting: the leg is
// released when it comes. [MIX-01] [MIX-02]
type reservation struct {
	// fixed after construction
	call *call
	req  LegRequest
	done func(Leg, error)

	// guarded by call.mu
	answered bool
	leg      Leg // nil: err says why
	err      error
	waits    bool // the mixer did not answer at once
	timer    wheel.Timer
}

// reserve asks the mixer for the call's leg, and has done called once with the call's
// leg set, or with an error: by reserve itself if the mixer answers at once, else on the
// instance's goroutine, or on that of the timer when the time is over. It is not called
// if the call is abandoned meanwhile. It reports false, and asks nobody, if that is so
// already.
func (c *call) reserve(req LegRequest, done func(Leg, error)) bool {
	r := &reservation{call: c, req: req, done: done}
	c.mu.Lock()
	if c.cancelled || c.invitation != nil && c.invitation.settled {
		c.mu.Unlock()
		return false
	}
	c.reserving = r
	c.mu.Unlock()
	c.focus.cfg.Mixer.Reserve(req, r.answer)
	c.mu.Lock()
	if r.waits = !r.answered; r.waits && c.reserving == r {
		c.focus.dialogs.After(string(req.Instance.ID()), &r.timer, c.focus.cfg.MixerWait, r.expire)
	}
	waits := r.waits
	c.mu.Unlock()
	if !waits {
		r.settle()
	}
	return true
}

// answer takes the mixer's. One that comes late waits for its turn in the conference:
// nothing happens there between it and what follows from it.
func (r *reservation) answer(leg Leg, err error) {
	c := r.call
	c.mu.Lock()
	r.answered, r.leg, r.err = true, leg, err
	waits := r.waits
	c.mu.Unlock()
	if !waits {
		return // reserve goes on
	}
	if err := r.req.Instance.Look(func(*conference.State) { r.settle() }); err != nil {
		r.refuse(err)
	}
}

// settle goes on with the mixer's answer, and releases the leg if nobody waits for it any
// more. [MIX-07]
func (r *reservation) settle() {
	if r.claim(r.leg) {
		r.done(r.leg, r.err)
	} else {
		r.release()
	}
}

// refuse releases what the conference has no time for.
func (r *reservation) refuse(err error) {
	r.release()
	if r.claim(nil) {
		r.done(nil, err)
	}
}

// expire gives the mixer up. [MIX-07]
func (r *reservation) expire() {
	if r.claim(nil) {
		r.done(nil, errMixerSilent)
	}
}

// claim ends the waiting, once, and gives the call its leg.
func (r *reservation) claim(leg Leg) bool {
	c := r.call
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reserving != r {
		return false
	}
	c.reserving, c.leg = nil, leg
	r.timer.Stop()
	return true
}

func (r *reservation) release() {
	if r.leg != nil {
		r.leg.Close()
	}
}

// abandon gives up a leg that the mixer was asked for, and reports whether there was one.
func (c *call) abandon() bool {
	c.mu.Lock()
	r := c.reserving
	c.mu.Unlock()
	return r != nil && r.claim(nil)
}
