package focus

import (
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/identity"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/wheel"
)

// byePatience is how long a removal waits for the answers to its BYEs.
// [FOC-RMV-01]
const byePatience = 2 * time.Second

// Removal says whom to take out of a conference, and on whose behalf.
type Removal struct {
	// Target is the user by any name of his: as the roster shows him, anonymous URIs
	// included, or an address of record. [FOC-RMV-03] [PRV-05]
	Target sipmsg.URI
	// By is the issuer as everybody sees him; empty: the administration.
	By conference.User
	// Free says that he may come back by himself.
	Free bool
}

// RemoveUser takes a user out of a conference and keeps him from coming back until
// he is invited again, unless that is to be free (TS 24.247 §7.3.2.6.2). Decided is told once whether that
// was done, then done is called when his devices have answered, or have had their
// time to. Both may be nil, and run on goroutines that must not be blocked.
// [FOC-RMV-09]
func (f *Focus) RemoveUser(inst *instance.Instance, r Removal, decided func(*sip.Error), done func()) {
	if decided == nil {
		decided = func(*sip.Error) {}
	}
	err := inst.Look(func(s *conference.State) {
		if s == nil {
			decided(&sip.Error{Status: 404})
			return
		}
		users, refused := f.removable(s, r)
		if refused != nil {
			decided(refused)
			return
		}
		f.expel(inst, r, users, f.goodbyes(s, inst, users, done), decided)
	})
	if err != nil {
		decided(statusOf(err, f.cfg.Agent))
	}
}

// removable returns the users that a removal means, or why there is nobody to remove.
func (f *Focus) removable(s *conference.State, r Removal) ([]conference.User, *sip.Error) {
	users, err := r.find(s)
	if err == nil && len(users) == 0 {
		err = &conference.Refusal{Code: conference.CodeNoSuchUser} // after the right: D-53 [FOC-RMV-06]
	}
	if err != nil {
		return nil, statusOf(err, f.cfg.Agent)
	}
	return users, nil
}

// expel takes users out.
func (f *Focus) expel(inst *instance.Instance, r Removal, users []conference.User, g *goodbyes, decided func(*sip.Error)) {
	for k, u := range users {
		last := k == len(users)-1
		command := conference.Remove{At: f.cfg.Now(), User: u, By: r.By, Bar: !r.Free && u != r.By}
		inst.Do(command, func(result instance.Result) {
			if !last {
				return
			}
			if result.Err != nil {
				decided(statusOf(result.Err, f.cfg.Agent))
				return
			}
			decided(nil)
			g.begin(f, inst)
		})
	}
}

// find returns the users that the target names, once the issuer's right to remove
// them is established.
func (r Removal) find(s *conference.State) ([]conference.User, error) {
	users := s.Named(r.name())
	self := r.By != ""
	for _, u := range users {
		self = self && u == r.By
	}
	if self && len(users) > 0 {
		return users, s.May(conference.ActRemoveSelf, r.By) // [FOC-RMV-08]
	}
	if err := s.May(conference.ActRemove, r.By); err != nil {
		return nil, err
	}
	for _, u := range users {
		if p := s.Participant(u); r.By != "" && p != nil && p.Role == conference.RoleOwner {
			return nil, &conference.Refusal{Code: conference.CodeNotAllowed} // [FOC-RMV-06]
		}
	}
	return users, nil
}

// name is the target in the form in which users are known.
func (r Removal) name() string {
	uri := r.Target
	uri.Headers = nil
	uri.Params = uri.Params.Without("method")
	return string(identity.Of(uri))
}

func hostOf(uri sipmsg.URI) string { return strings.ToLower(uri.Host) }

// goodbyes waits for the answers to the BYEs of one removal.
type goodbyes struct {
	left     atomic.Int32
	timer    wheel.Timer
	done     func()
	accepted atomic.Bool // the conference has carried the removal out
}

// goodbyes has the users' devices tell when they have answered the BYEs that are
// about to leave; those that have a call only. [FOC-RMV-01] [FOC-RMV-04]
func (f *Focus) goodbyes(s *conference.State, inst *instance.Instance, users []conference.User, done func()) *goodbyes {
	if done == nil {
		done = func() {}
	}
	g := &goodbyes{done: sync.OnceFunc(done)}
	g.left.Store(1)
	a := f.attendance(inst.ID())
	for _, u := range users {
		p := s.Participant(u)
		if p == nil || a == nil {
			continue
		}
		for e := range p.Endpoints() {
			if c := a.call(e.ID); c != nil && e.Connected() {
				g.left.Add(1)
				c.onParting(g.said)
			}
		}
	}
	return g
}

// begin waits from now on.
func (g *goodbyes) begin(f *Focus, inst *instance.Instance) {
	g.accepted.Store(true)
	f.dialogs.After(string(inst.ID()), &g.timer, byePatience, g.done)
	g.said()
}

// said counts one that needs no waiting for any more.
func (g *goodbyes) said() {
	if g.left.Add(-1) == 0 && g.accepted.Load() {
		g.timer.Stop()
		g.done()
	}
}
