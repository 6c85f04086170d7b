package focus

import (
	"log/slog"
	"slices"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/invite"
	"github.com/confab-chat/confab/wheel"
)

// approvalWait is how long a caller waits for approval (D-18).
const approvalWait = time.Minute

// knock is an INVITE whose caller waits to be approved of. He holds no place, and
// nobody sees him in the conference.
type knock struct {
	// fixed after construction
	call       *call
	in         *invite.Incoming
	attendance *attendance

	// owned by the shard of the Call-ID
	over  bool
	timer wheel.Timer
}

// knocks reports whether a refused caller is to wait: somebody is there who may
// approve of him. One who starts a conference is not.
func knocks(r instance.Result) bool {
	return conference.CodeOf(r.Err) == conference.CodeNotApproved && r.State != nil && r.State.Phase() == conference.PhaseActive
}

// knock answers 183 and waits. It runs on the instance's goroutine, so no
// approval is missed. D-18.
func (c *call) knock(inst *instance.Instance) {
	a := c.focus.attendance(inst.ID())
	if a == nil {
		c.refuse(&sip.Error{Status: 480})
		return
	}
	k := &knock{call: c, in: c.in, attendance: a}
	a.mu.Lock()
	a.knocks = append(a.knocks, k)
	a.mu.Unlock()
	c.mu.Lock()
	c.knocking = k // now that it is in line: who gives up takes it out again
	gone := c.cancelled
	c.mu.Unlock()
	if gone {
		k.in.Do(k.end)
		return
	}
	c.focus.log(slog.LevelInfo, "caller waits for approval", c.in.Request(), slog.String("user", string(c.caller.User)))
	contact := c.focus.cfg.Gate.Contact(inst.ID(), c.in.Source())
	k.in.Do(func() {
		if k.over {
			return // gone meanwhile
		}
		c.focus.dialogs.After(k.in.ID().CallID, &k.timer, c.focus.cfg.ApprovalWait, func() {
			k.answer(func() {
				c.refuse(&sip.Error{Status: 480, Warning: warning(c.focus.cfg.Agent, conference.CodeNotApproved.String())})
			})
		})
		k.in.Provisional(183, invite.Answer{Contact: contact, Fields: assertion(inst.ID(), c.caller.Trusted)})
	})
}

// answer ends the waiting with f, unless it is over. It runs on the shard.
func (k *knock) answer(f func()) {
	if k.over {
		return
	}
	k.end()
	f()
}

// end ends the waiting. It runs on the shard.
func (k *knock) end() {
	k.over = true
	k.timer.Stop()
	c, a := k.call, k.attendance
	c.mu.Lock()
	c.knocking = nil
	c.mu.Unlock()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.knocks = slices.DeleteFunc(a.knocks, func(other *knock) bool { return other == k })
}

// decided lets the callers go on who were waiting for a decision about id; the
// conference looks at them again. Who was turned down is told so.
func (a *attendance) decided(e conference.ApprovalSet) {
	if e.Approved {
		a.reconsider(e.Identity)
		return
	}
	refused := statusOfRefusal(conference.CodeNotApproved, a.focus.cfg.Agent)
	for _, k := range a.knocksOf(e.Identity) {
		k.in.Do(func() { k.answer(func() { k.call.refuse(refused) }) })
	}
}

// reconsider has a caller who waits ask again: something has been decided about him. If he
// is to wait all the same he does so anew.
func (a *attendance) reconsider(id conference.Identity) {
	for _, k := range a.knocksOf(id) {
		k.in.Do(func() { k.answer(k.call.join) })
	}
}

// knocksOf returns the calls of a verified user that wait.
func (a *attendance) knocksOf(id conference.Identity) []*knock {
	return slices.DeleteFunc(a.knocking(), func(k *knock) bool {
		return k.call.caller.User != id || k.call.caller.Anonymous
	})
}

// dismiss has those who wait ask again, because the conference has ended, or everybody
// may join.
func (a *attendance) dismiss() {
	for _, k := range a.knocking() {
		k.in.Do(func() { k.answer(k.call.join) })
	}
}

func (a *attendance) knocking() []*knock {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.knocks)
}

// Knocking returns the users whose calls wait for approval, in the order in
// which they came.
func (f *Focus) Knocking(id conference.ID) []conference.Identity {
	a := f.attendance(id)
	if a == nil {
		return nil
	}
	var users []conference.Identity
	for _, k := range a.knocking() {
		if !slices.Contains(users, k.call.caller.User) {
			users = append(users, k.call.caller.User)
		}
	}
	return users
}
