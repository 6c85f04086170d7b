package instance

import (
	"errors"
	"time"

	"github.com/confab-chat/confab/internal/conference"
)

// Founding is what a factory conference is made with.
type Founding struct {
	Subject string
	Members []string
	Policy  conference.Policy // zero: Config.Policy
}

// Admission is the wish of one endpoint to be let in.
type Admission struct {
	Admit conference.Admit
	// Wanted, unless it is nil, is asked when the admission's turn has come:
	// where it says no, as the caller has given up meanwhile, the admission is
	// answered with ErrUnwanted and takes no place from anybody. It is called on
	// the instance's goroutine and must not block.
	Wanted func() bool
}

// Joined takes the result of an admission. Where the conference was not
// reached, the instance is nil and the error one of the directory's.
type Joined func(*Instance, Result)

// Create makes a conference with a fresh URI, and its first user's admission
// with it; where that is refused nothing comes into being. Done is called
// exactly once, on the instance's goroutine or, for ErrDraining, ErrNotCreator,
// ErrUserLimit and ErrServerLimit, by Create itself. [FOC-FAC-01]
func (d *Directory) Create(f Founding, admit Admission, done Joined) {
	i, err := d.found(f, admit, done)
	if err != nil {
		done(nil, Result{Err: err})
		return
	}
	i.start()
}

// found puts the instance of a new conference into the directory.
func (d *Directory) found(f Founding, admit Admission, done Joined) (*Instance, error) {
	now := time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.mayFound(admit.Admit.Identity, now); err != nil {
		return nil, err
	}
	return d.begin(d.fresh(now), f, admit, done), nil
}

// mayFound says whether a user may have one more conference of the factory. The
// caller holds mu. D-01 [FOC-FAC-12]
func (d *Directory) mayFound(by conference.Identity, now time.Time) error {
	d.lapse(now)
	if err := d.room(); err != nil {
		return err
	}
	if !d.cfg.Creators.Empty() && !d.cfg.Creators.Has(by) {
		return ErrNotCreator
	}
	if d.cfg.MaxPerUser > 0 && d.founded[by] >= d.cfg.MaxPerUser {
		d.refused.Add(1)
		return ErrUserLimit
	}
	return nil
}

// fresh returns an address for the factory that nobody knows. The caller holds mu.
func (d *Directory) fresh(now time.Time) Address {
	a := Address{User: randomUser(), Host: d.cfg.Domain}
	for d.taken(a, now) {
		a.User = randomUser()
	}
	return a
}

// begin makes the instance of a conference of the factory, with the admission in its
// queue; it is to be started. The caller holds mu.
func (d *Directory) begin(a Address, f Founding, admit Admission, done Joined) *Instance {
	if f.Policy == (conference.Policy{}) {
		f.Policy = d.cfg.Policy
	}
	i := d.add(a, conference.Create{
		ID: a.ID(), Origin: conference.FromFactory, Subject: f.Subject, Members: f.Members, Policy: f.Policy,
	}, admit.Admit.Identity)
	i.first(admit, done)
	return i
}

// Join asks for admission to the conference at an address or alias, which is
// brought to life if it is reserved and does not run. Of any number of calls at
// the same time one creates and the others join. [FOC-CRE-04] [FOC-JOI-01]
//
// Who comes while a reserved conference is ending because it is empty waits
// until that is over, and then starts it anew. Done is called exactly once, on
// an instance's goroutine or, for ErrNotFound, ErrTerminating, ErrNotYet,
// ErrDraining, ErrServerLimit and ErrOverload, by Join itself.
func (d *Directory) Join(a Address, admit Admission, done Joined) {
	for {
		i, fresh, err := d.reach(a, admit, done)
		if err != nil {
			done(nil, Result{Err: err})
			return
		}
		if fresh {
			i.start()
			return
		}
		err = i.queue.put(i.admission(admit, done))
		switch {
		case err == nil:
			return
		case errors.Is(err, errDissolved):
			d.forget(i) // whoever wanted to create it was refused; begin again
		case errors.Is(err, ErrEnded):
			d.late(i, admit, done)
			return
		default:
			done(i, Result{Err: err})
			return
		}
	}
}

// reach returns the instance at the address; fresh says that it was made with
// the admission in its queue, and is to be started.
func (d *Directory) reach(a Address, admit Admission, done Joined) (i *Instance, fresh bool, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	a = d.resolve(a)
	if d.draining {
		return nil, false, ErrDraining
	}
	if i = d.alive[a]; i != nil {
		return i, false, nil
	}
	def := d.live(a, time.Now())
	if def == nil {
		return nil, false, ErrNotFound // [FOC-CRE-02]
	}
	if err := d.room(); err != nil {
		return nil, false, err
	}
	if time.Now().Before(def.StartAt) {
		return nil, false, ErrNotYet // [FOC-CRE-03]
	}
	i = d.add(a, def.template(), "")
	i.first(admit, done)
	return i, true, nil
}

// room says whether one more conference may live. The caller holds mu.
func (d *Directory) room() error {
	if d.draining {
		return ErrDraining
	}
	if d.cfg.MaxConferences > 0 && len(d.alive) >= d.cfg.MaxConferences {
		d.refused.Add(1)
		return ErrServerLimit
	}
	return nil
}

// terminating returns what somebody is told who comes while i is ending.
// [FOC-TRM-02]
func (d *Directory) terminating(i *Instance) error {
	cause, ended := i.ending()
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.draining || ended && cause == conference.EndShutdown:
		return ErrDraining
	case d.reserved[i.address] != nil:
		return ErrTerminating
	}
	return ErrNotFound
}

// add makes an instance that is not started yet. The caller holds mu.
func (d *Directory) add(a Address, template conference.Create, founder conference.Identity) *Instance {
	i := newInstance(d, a, template, founder)
	d.alive[a] = i
	d.running.Add(1)
	if founder != "" {
		d.charge(founder, 1)
	}
	return i
}

// charge counts n more conferences of the factory for a user. The caller holds mu.
func (d *Directory) charge(founder conference.Identity, n int) {
	if d.founded[founder] += n; d.founded[founder] == 0 {
		delete(d.founded, founder)
	}
}

// forget takes an instance out: its URI is reserved again, or in quarantine.
// [FOC-TRM-06]
func (d *Directory) forget(i *Instance) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.alive[i.address] != i {
		return
	}
	delete(d.alive, i.address)
	if i.founder != "" {
		d.charge(i.founder, -1)
	}
	cause, ended := i.ending()
	if !ended {
		return
	}
	def, now := d.reserved[i.address], time.Now()
	if def != nil && def.Once && cause != conference.EndNobody && cause != conference.EndShutdown {
		d.drop(i.address) // it has had its conference, D-03
		def = nil
	}
	if def == nil && (cause != conference.EndShutdown || !i.state.Policy().History.Durable) {
		d.retire(i.address, now, nil)
	}
}
