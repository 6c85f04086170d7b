package instance

import (
	"time"

	"github.com/confab-chat/confab/internal/conference"
)

// promises remembers the conference URIs of the factory to which somebody was
// redirected who has not called there yet. Nothing else is kept of them, and a
// restart forgets them. RFC 4579 §5.4 [FOC-FAC-11]
type promises struct {
	period time.Duration
	limit  int // of those made within a period
	open   map[Address]promise
	queue  []Address // by time, with those that were kept since
}

// promise is for one user.
type promise struct {
	to    conference.Identity
	until time.Time
}

// Promise allocates a fresh URI for a conference that one user, and nobody else, makes
// by calling it within Config.Promise: see [Directory.Redeem]. Until then it counts as
// one of his conferences. The error is ErrDraining, ErrNotCreator, ErrUserLimit or
// ErrServerLimit. [FOC-FAC-11]
func (d *Directory) Promise(to conference.Identity) (conference.ID, error) {
	now := time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.mayFound(to, now); err != nil {
		return "", err
	}
	p := &d.promises
	if len(p.queue) >= p.limit {
		d.refused.Add(1)
		return "", ErrServerLimit
	}
	a := d.fresh(now)
	p.open[a] = promise{to: to, until: now.Add(p.period)}
	p.queue = append(p.queue, a)
	d.charge(to, 1)
	return a.ID(), nil
}

// Redeem is Create at an address that was promised to the user who is to be admitted.
// If he has made the conference already he joins it. Done is called as by Join.
// [FOC-FAC-11]
func (d *Directory) Redeem(a Address, f Founding, admit Admission, done Joined) {
	i, err := d.redeem(a, f, admit, done)
	switch {
	case err != nil:
		done(nil, Result{Err: err})
	case i != nil:
		i.start()
	default:
		d.Join(a, admit, done)
	}
}

// redeem puts the instance of a promised conference into the directory; nil if there
// is no such promise, or no longer.
func (d *Directory) redeem(a Address, f Founding, admit Admission, done Joined) (*Instance, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	to, ok := d.promised(a, time.Now())
	if !ok || to != admit.Admit.Identity {
		return nil, nil //nolint:nilnil // neither is wrong
	}
	if err := d.room(); err != nil {
		return nil, err
	}
	d.settle(a)
	return d.begin(a, f, admit, done), nil
}

// promised returns to whom an address is promised. The caller holds mu.
func (d *Directory) promised(a Address, now time.Time) (to conference.Identity, ok bool) {
	p, ok := d.promises.open[a]
	return p.to, ok && now.Before(p.until)
}

// settle forgets a promise, if there is one: it is kept, or broken. The caller holds mu.
func (d *Directory) settle(a Address) {
	if p, ok := d.promises.open[a]; ok {
		delete(d.promises.open, a)
		d.charge(p.to, -1)
	}
}

// lapse forgets the promises of which nobody has made use in time. The caller holds mu.
func (d *Directory) lapse(now time.Time) {
	p := &d.promises
	for len(p.queue) > 0 {
		a := p.queue[0]
		if _, waits := d.promised(a, now); waits {
			return
		}
		d.settle(a)
		p.queue = p.queue[1:]
	}
}
