package focus

import (
	"sync"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/refer"
)

// mostReferrers bounds the memory of who asked; those longest silent go first.
const mostReferrers = 1 << 16

// refersAtOnce is how many seconds' worth of REFERs may come at once.
const refersAtOnce = 4

// referrals keeps the users' pace of REFERs. The zero value works.
type referrals struct {
	mu    sync.Mutex
	users map[conference.Identity]*pace
	sweep time.Time
}

// try counts a REFER of a user if it may come now, and else returns how long he
// is to wait.
func (r *referrals) try(id conference.Identity, perSecond int, now time.Time) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.users[id]
	if p == nil {
		r.prune(now)
		fresh := paceOf(perSecond, refersAtOnce*perSecond)
		p = &fresh
		r.users[id] = p
	}
	wait := p.wait(now)
	if wait == 0 {
		p.take(now)
	}
	return wait
}

// prune forgets those who may ask as if they never had.
func (r *referrals) prune(now time.Time) {
	if r.users == nil {
		r.users = make(map[conference.Identity]*pace)
	}
	if now.Before(r.sweep) && len(r.users) < mostReferrers {
		return
	}
	r.sweep = now.Add(time.Minute)
	for id, p := range r.users {
		if p.due.Before(now) || len(r.users) >= mostReferrers {
			delete(r.users, id)
		}
	}
}

// reporting notes whom a referral reports to.
func (a *attendance) reporting(r *refer.Referral, to conference.User) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.referrals == nil {
		a.referrals = make(map[*refer.Referral]conference.User)
	}
	a.referrals[r] = to
}

// forget drops a referral that has reported its last.
func (f *Focus) forget(inst *instance.Instance, r *refer.Referral) {
	if a := f.attendance(inst.ID()); a != nil {
		a.mu.Lock()
		defer a.mu.Unlock()
		delete(a.referrals, r)
	}
}

// silence ends the reports to a user who was removed. [FOC-REF-18]
func (a *attendance) silence(u conference.User) {
	a.mu.Lock()
	var over []*refer.Referral
	for r, to := range a.referrals {
		if to == u {
			over = append(over, r)
			delete(a.referrals, r)
		}
	}
	a.mu.Unlock()
	for _, r := range over {
		r.Close()
	}
}

// clearing has report called when everybody is being removed and has been sent
// his BYE.
func (a *attendance) clearing(report func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.clear = append(a.clear, report)
}

// inDialog returns the call whose dialog has that name, nil if there is none.
func (a *attendance) inDialog(id dialog.ID) *call {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, c := range a.calls {
		c.mu.Lock()
		is := !c.over && c.dialog == id
		c.mu.Unlock()
		if is {
			return c
		}
	}
	return nil
}
