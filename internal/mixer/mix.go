package mixer

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/instance"
)

// mix is the mixer's part in one conference: its legs on this node.
type mix struct {
	// fixed after construction
	mixer *Mixer
	inst  *instance.Instance
	id    conference.ID

	// open is written by the instance's goroutine with mu held, read by it
	// without, and by everybody else with mu held.
	open []*Leg

	// owned by the instance's goroutine
	due    []due
	past   past
	posted uint64              // messages so far
	last   conference.Position // of the last of them
	old    recalled

	newest    atomic.Uint64 // as last, for everybody; 0: none was posted yet
	hungry    atomic.Bool   // somebody may read on
	crowd     atomic.Int32  // open legs
	meter     meter
	nicks     names
	whispered recent // private messages
	notified  recent // disposition notifications

	policy atomic.Pointer[conference.Policy] // in force

	mu    sync.Mutex
	legs  map[conference.EndpointID]*Leg // reserved or open
	users map[string][]*Leg              // open, by the keys of their addresses
	names map[conference.User]*bucket    // who has asked for nicknames lately
	mail  map[conference.User]*mail      // private messages that wait
	sweep *time.Timer                    // when some of it has waited for too long
	ended bool

	closing closing
}

func newMix(m *Mixer, inst *instance.Instance) *mix {
	x := &mix{
		mixer: m, inst: inst, id: inst.ID(),
		legs: make(map[conference.EndpointID]*Leg), users: make(map[string][]*Leg),
		names: make(map[conference.User]*bucket),
	}
	x.policy.Store(&conference.Policy{})
	return x
}

// mayRename reports whether the user has not asked for too many nicknames
// within the last minute.
func (x *mix) mayRename(u conference.User, now time.Time) bool {
	n := float64(x.mixer.cfg.NicknamesPerMinute)
	if n == 0 {
		return true
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	b := x.names[u]
	if b == nil {
		for other, b := range x.names {
			if b.full(now, n/60) {
				delete(x.names, other)
			}
		}
		b = &bucket{}
		x.names[u] = b
	}
	return b.allows(now, 1, n/60, n)
}

// add notes a reserved leg. It returns the one that is there already, if there
// is, and nil when the conference has ended.
func (x *mix) add(l *Leg) *Leg {
	if x == nil {
		return nil
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.ended {
		return nil
	}
	if known := x.legs[l.req.Endpoint]; known != nil {
		return known
	}
	l.mix = x
	x.legs[l.req.Endpoint] = l
	return l
}

// remove drops a leg that is closed before its endpoint departs. If it is among
// the open ones it goes with the endpoint; until then it takes nothing.
func (x *mix) remove(l *Leg) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if l.place < 0 && x.legs[l.req.Endpoint] == l {
		delete(x.legs, l.req.Endpoint)
	}
}

// leg returns the leg of an endpoint, nil if it has none on this node.
func (x *mix) leg(id conference.EndpointID) *Leg {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.legs[id]
}

// openLegsOf returns the open legs, other than from, of the user that an
// address names, or of one device of his if it is that of one. [SW-PRV-05]
func (x *mix) openLegsOf(from *Leg, address string) []*Leg {
	key, device := addressKey(address), deviceOf(address)
	x.mu.Lock()
	defer x.mu.Unlock()
	legs := slices.Clone(x.users[key])
	known := func(l *Leg) bool { return *l.device.Load() == device }
	if device != "" && slices.ContainsFunc(legs, known) {
		legs = slices.DeleteFunc(legs, func(l *Leg) bool { return !known(l) })
	}
	return slices.DeleteFunc(legs, func(l *Leg) bool { return l == from })
}

// others returns the open legs but one.
func (x *mix) others(but *Leg) []*Leg {
	x.mu.Lock()
	defer x.mu.Unlock()
	legs := make([]*Leg, 0, len(x.open))
	for _, l := range x.open {
		if l != but {
			legs = append(legs, l)
		}
	}
	return legs
}

var _ instance.Flusher = (*mix)(nil)

// Applied implements instance.Observer.
func (x *mix) Applied(s *conference.State, at conference.Position, e conference.Event) {
	switch e := e.(type) {
	case conference.Created:
		x.govern(s)
		x.remember(at)
		x.mixer.enlist(x)
	case conference.Resumed:
		x.govern(s)
		x.remember(at)
		x.mixer.enlist(x)
	case conference.Posted:
		x.distribute(at, e.Message)
	case conference.Masked:
		x.masked(e)
	case conference.Connected:
		x.Flush()
		x.connected(s, at, e.Endpoint)
	case conference.Nicknamed:
		x.nicks.set(e.User, e.Key)
	case conference.LegLost:
		x.acknowledge(x.leg(e.Endpoint))
	case conference.Departed:
		x.Flush()
		x.departed(s, e)
	case conference.Ended:
		x.Flush()
		x.end()
	default:
		x.govern(s)
	}
}

// govern notes the policy in force.
func (x *mix) govern(s *conference.State) {
	p := s.Policy()
	if p == *x.policy.Load() {
		return
	}
	x.policy.Store(&p)
	if p.History.Keep == 0 {
		x.past.clear()
	}
}

// poke has the instance flush, for somebody may have become able to read on.
func (x *mix) poke() {
	if x.hungry.Swap(true) {
		return // it will flush
	}
	_ = x.inst.Look(func(*conference.State) {}) // a full queue is flushed anyway
}

// connected opens the leg of an endpoint. [MIX-04]
func (x *mix) connected(s *conference.State, at conference.Position, id conference.EndpointID) {
	x.mu.Lock()
	l := x.legs[id]
	if l == nil || l.place >= 0 {
		x.mu.Unlock()
		return
	}
	l.place = len(x.open)
	x.open = append(x.open, l)
	x.crowd.Add(1)
	for _, key := range l.self.Load().mayBe {
		x.users[key] = append(x.users[key], l)
	}
	x.mu.Unlock()
	if ep := s.Endpoint(id); ep != nil {
		x.arrive(l, ep, at)
		x.nicks.back(ep.Participant)
		l.roster = rosterOf(s, l)
	}
	l.start()
}

// departed cuts the leg of an endpoint, at the instant of the decision.
// [MIX-05] [SW-GEN-08]
func (x *mix) departed(s *conference.State, e conference.Departed) {
	x.mu.Lock()
	l := x.legs[e.Endpoint]
	if l != nil && l.place >= 0 {
		x.shut(l)
	}
	delete(x.legs, e.Endpoint)
	x.mu.Unlock()
	if l != nil {
		l.Close()
		if e.Was == conference.StatusConnected {
			x.acknowledge(l)
		}
	}
	if s.Participant(e.User) != nil {
		return
	}
	x.nicks.set(e.User, "")
	if e.Cause != conference.CauseLost {
		x.discard(e.User)
	}
}

// shut takes a leg out of the open ones; the last one takes its place. Called
// with mu held.
func (x *mix) shut(l *Leg) {
	last := len(x.open) - 1
	x.open[l.place] = x.open[last]
	x.open[l.place].place = l.place
	x.open[last] = nil
	x.open = x.open[:last]
	l.place = -1
	x.crowd.Add(-1)
	for _, key := range l.self.Load().mayBe {
		legs := x.users[key]
		legs = slices.DeleteFunc(legs, func(o *Leg) bool { return o == l })
		if x.users[key] = legs; len(legs) == 0 {
			delete(x.users, key)
		}
	}
}
