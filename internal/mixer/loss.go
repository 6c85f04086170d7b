package mixer

import (
	"errors"
	"log/slog"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/msrp"
)

// failed takes note that the leg's session is no more. Where its connection was
// lost, the endpoint is waited for. Where nobody ever connected, or the peer
// does not keep up, the dialog has to end. [MIX-06] [MSRP-CON-06] [MSRP-CON-14]
// [SW-FLOW-04]
func (l *Leg) failed(h *handler, err error) {
	l.doubt(h)
	l.mu.Lock()
	if l.previous == h {
		l.previous = nil // the successor is not bound yet, and begins where this one ended
	}
	if l.current.Load() != h {
		l.mu.Unlock() // replaced or closed
		return
	}
	l.current.Store(nil)
	previous := l.previous
	l.previous = nil // had no longer to live than its successor [SDP-23]
	waited := l.bound && !tooSlow(err)
	l.lost = waited
	l.mu.Unlock()
	previous.end()
	l.doubt(previous)
	l.log(slog.LevelInfo, "leg lost", slog.Any("error", err))
	switch {
	case errors.Is(err, msrp.ErrShutdown):
		// No connection leads here any more, for nobody. [MIX-08]
		l.mix.inst.Do(conference.End{At: l.mix.mixer.cfg.Now(), Cause: conference.EndFault}, nil)
	case !waited:
		l.giveUp(err)
	case l.open.Load(): // if not, start will tell
		l.tell()
	}
}

// tooSlow reports whether a session failed because its peer does not read, which
// no new connection mends.
func tooSlow(err error) bool {
	return errors.Is(err, msrp.ErrQueueFull) || errors.Is(err, msrp.ErrCongested) || errors.Is(err, msrp.ErrStalled)
}

// giveUp has the dialog ended.
func (l *Leg) giveUp(err error) {
	if l.req.Lost != nil && !l.gaveUp.Swap(true) {
		l.req.Lost(err)
	}
}

// tell has the conference know whether the leg is lost. Should that change while
// the command is on its way, possibly overtaken by another, it tells again.
func (l *Leg) tell() {
	lost := l.isLost()
	now := l.mix.mixer.cfg.Now()
	var c conference.Command = conference.RestoreLeg{At: now, Endpoint: l.req.Endpoint}
	if lost {
		c = conference.LoseLeg{At: now, Endpoint: l.req.Endpoint}
	}
	l.mix.inst.Do(c, func(r instance.Result) {
		if r.Err == nil && l.isLost() != lost {
			l.tell()
		}
	})
}

func (l *Leg) isLost() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lost
}
