package focus

import (
	"maps"
	"slices"
	"sync"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/sip/refer"
)

// attendance is the focus's part in one conference: the INVITE dialogs of its
// endpoints on this node.
type attendance struct {
	// fixed after construction
	focus   *Focus
	id      conference.ID
	address instance.Address

	dialing  *line
	farewell *farewell

	mu        sync.Mutex
	calls     map[conference.EndpointID]*call
	referrals map[*refer.Referral]conference.User // whom those that report report to
	clear     []func()                            // told when everybody is being removed
	knocks    []*knock                            // who wait for approval, in the order in which they came
	drain     func()                              // set when the conference has ended: called when all calls are gone
}

var _ instance.Drainer = (*attendance)(nil)

// Attach is the focus's part in an instance; it is handed to the directory.
func (f *Focus) Attach(inst *instance.Instance) instance.Observer {
	a := &attendance{
		focus: f, id: inst.ID(), address: inst.Address(), dialing: newLine(f, string(inst.ID())),
		farewell: newFarewell(f, string(inst.ID())), calls: make(map[conference.EndpointID]*call),
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.attendances[a.id] = a
	return a
}

// attendance returns the part in a conference that is alive.
func (f *Focus) attendance(id conference.ID) *attendance {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.attendances[id]
}

// call returns the call of an endpoint, nil if it has none here.
func (a *attendance) call(id conference.EndpointID) *call {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.calls[id]
}

func (a *attendance) add(c *call) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls[c.endpoint] = c
}

// remove drops a call whose dialog is over. The last one after the conference's
// end completes the drain.
func (a *attendance) remove(c *call) {
	a.mu.Lock()
	if a.calls[c.endpoint] == c {
		delete(a.calls, c.endpoint)
	}
	done := a.drain
	if len(a.calls) > 0 {
		done = nil
	}
	if done != nil {
		a.drain = nil
	}
	a.mu.Unlock()
	if done != nil {
		done()
	}
}

// Applied implements instance.Observer: who is no longer in the conference gets
// a BYE, unless the departure began with his own.
func (a *attendance) Applied(s *conference.State, _ conference.Position, e conference.Event) {
	switch e := e.(type) {
	case conference.Departed:
		a.departed(s, e)
	case conference.ApprovalSet:
		a.decided(e)
	case conference.Barred:
		a.reconsider(e.Identity)
	case conference.RoleSet:
		a.reconsider(e.Identity)
	case conference.Admitted:
		if e.Method == conference.DialedOut {
			a.reconsider(e.Identity)
		}
	case conference.Changed:
		if s.Policy().Join != conference.JoinModerated {
			a.dismiss()
		}
	case conference.Ended:
		a.end(e)
	}
}

// departed hangs up an endpoint that is out.
func (a *attendance) departed(s *conference.State, e conference.Departed) {
	if c := a.call(e.Endpoint); c != nil {
		c.depart(a, e)
	}
	if e.Cause != conference.CauseRemoved {
		return
	}
	a.mu.Lock()
	reports := a.clear
	a.clear = nil
	a.mu.Unlock()
	if len(reports) > 0 {
		// The first of all: everybody goes. [FOC-RMV-07]
		for _, c := range a.all() {
			c.depart(a, e)
		}
		for _, report := range reports {
			a.farewell.add(report)
		}
	}
	if s.Participant(e.User) == nil {
		a.silence(e.User)
	}
}

// all returns the calls.
func (a *attendance) all() []*call {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Collect(maps.Values(a.calls))
}

// Drain implements instance.Drainer.
func (a *attendance) Drain(done func()) {
	a.focus.mu.Lock()
	if a.focus.attendances[a.id] == a {
		delete(a.focus.attendances, a.id)
	}
	a.focus.mu.Unlock()
	a.mu.Lock()
	if len(a.calls) > 0 {
		a.drain, done = done, nil
	}
	a.mu.Unlock()
	if done != nil {
		done()
	}
}
