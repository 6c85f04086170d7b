package conference

import (
	"maps"
	"slices"
	"time"
)

// TakeSnapshot writes down all that the conference is, so that a journal can drop
// the comings and goings that made it so.
//
// Refusals: CodeNotAlive.
type TakeSnapshot struct {
	At time.Time
}

// Snapshot is a conference as it stood at the event's position. To a state that
// has all events before it, it says nothing new; to one that has none it is all of
// them. What it shares with the state is changed by nobody.
//
// Message-IDs that are too old to be taken for those of a repetition are forgotten
// with it. [SW-PUB-13]
type Snapshot struct {
	At      time.Time
	Created Created // with subject, owner, policy and members as they are now

	Moderators map[Identity]struct{}
	Locked     bool
	Begun      bool // somebody who may start it has
	Barred     map[Identity]struct{}
	Approved   map[Identity]struct{}
	Expected   map[Identity]time.Time // invited users who may come by themselves, and until when

	Users     []SnapshotUser // in the order in which they came
	Lost      []EndpointID   // whose legs are lost, by time of loss
	Anonymous map[Identity]uint64
	Numbered  uint64 // last N of anonymousN given out

	Recent  []SnapshotMessages     // by time of the last message
	Resting map[string]RestingName // by key
	Marks   []DeviceMark           // oldest first
	Absent  []Absentee             // by the end of the waiting

	Arrived    int
	Activity   time.Time
	EmptySince time.Time
	OwnerDue   time.Time
}

// SnapshotUser is a [Participant]. What follows from the rest is left out.
type SnapshotUser struct {
	User           User
	Identity       Identity
	Display        string
	AssociatedAORs []string
	Focus          string
	Nickname       string
	NicknameKey    string
	Anonymous      uint64
	Endpoints      []SnapshotEndpoint // in the order in which they came
}

// SnapshotEndpoint is an [Endpoint] of a user.
type SnapshotEndpoint struct {
	ID           EndpointID
	Contact      string
	Instance     string
	Device       string
	Method       Method
	By           User
	Hidden       bool
	Referred     *Referral
	Replaces     EndpointID
	JoinedAt     time.Time
	Media        Direction
	LostAt       time.Time
	Return       Return
	Reached      Status
	Acknowledged Position
}

// SnapshotMessages are the Message-IDs by which a user's last messages came, oldest
// first, each with its time.
type SnapshotMessages struct {
	User User
	IDs  []string
	At   []time.Time
}

// Kind implements Event.
func (Snapshot) Kind() Kind { return KindSnapshot }

func (c TakeSnapshot) decide(s *State, out []Event) ([]Event, error) {
	if !s.alive {
		return nil, refuse(CodeNotAlive)
	}
	e := Snapshot{
		At: c.At, Created: s.created,
		Moderators: maps.Clone(s.moderators), Locked: s.locked, Begun: s.begun,
		Barred: maps.Clone(s.barred), Approved: maps.Clone(s.approved), Expected: maps.Clone(s.expected),
		Anonymous: maps.Clone(s.roster.anonymous), Numbered: s.roster.numbered,
		Recent: s.recent.since(c.At.Add(-recentFor)), Resting: maps.Clone(s.nicknames.resting),
		Marks: slices.Clone(s.marks), Absent: slices.Clone(s.absent.queue),
		Arrived: s.arrived, Activity: s.activity, EmptySince: s.emptySince, OwnerDue: s.ownerDue,
	}
	for p := range s.Participants() {
		e.Users = append(e.Users, p.snapshot())
	}
	for _, ep := range s.lostLegs {
		e.Lost = append(e.Lost, ep.ID)
	}
	return append(out, e), nil
}

func (p *Participant) snapshot() SnapshotUser {
	u := SnapshotUser{
		User: p.User, Identity: p.Identity, Display: p.Display, AssociatedAORs: p.AssociatedAORs, Focus: p.Focus,
		Nickname: p.Nickname, NicknameKey: p.nicknameKey, Anonymous: p.Anonymous,
		Endpoints: make([]SnapshotEndpoint, len(p.endpoints)),
	}
	for k, ep := range p.endpoints {
		u.Endpoints[k] = SnapshotEndpoint{
			ID: ep.ID, Contact: ep.Contact, Instance: ep.Instance, Device: ep.Device, Method: ep.Method, By: ep.By,
			Hidden: ep.Hidden, Referred: ep.Referred, Replaces: ep.Replaces, JoinedAt: ep.JoinedAt, Media: ep.Media,
			LostAt: ep.LostAt, Return: ep.Return, Reached: ep.reached, Acknowledged: ep.acknowledged,
		}
	}
	return u
}

func (e Snapshot) apply(s *State) {
	if !s.alive {
		e.restore(s)
	}
	s.recent = recentIDs{}
	for _, sent := range e.Recent {
		for k, id := range sent.IDs {
			s.recent.add(sent.User, id, sent.At[k])
		}
	}
}

// restore makes the state what it was. What others were told of an earlier life
// goes with it.
func (e Snapshot) restore(s *State) {
	*s = State{
		position: s.position, created: e.Created, alive: true,
		members: NewCircle(e.Created.Members...), starters: identitySet(e.Created.Starters),
		moderators: maps.Clone(e.Moderators), locked: e.Locked, begun: e.Begun,
		barred: maps.Clone(e.Barred), approved: maps.Clone(e.Approved), expected: maps.Clone(e.Expected),
		marks: slices.Clone(e.Marks), nicknames: nicknames{resting: maps.Clone(e.Resting)},
		arrived: e.Arrived, activity: e.Activity, emptySince: e.EmptySince, ownerDue: e.OwnerDue,
	}
	s.roster.init()
	maps.Copy(s.roster.anonymous, e.Anonymous)
	s.roster.numbered = e.Numbered
	for _, u := range e.Users {
		u.restore(s)
	}
	for _, id := range e.Lost {
		if ep := s.Endpoint(id); ep != nil {
			s.lostLegs = append(s.lostLegs, ep)
		}
	}
	for _, x := range e.Absent {
		s.absent.add(x)
	}
}

func (u SnapshotUser) restore(s *State) {
	p := &Participant{
		User: u.User, Identity: u.Identity, Display: u.Display, AssociatedAORs: u.AssociatedAORs, Focus: u.Focus,
		Role: s.Role(u.Identity), Nickname: u.Nickname, Anonymous: u.Anonymous,
		nicknameKey: u.NicknameKey, userKey: userKey(string(u.User)), displayKey: looseKey(u.Display),
	}
	s.roster.add(p)
	s.nicknames.hold(p)
	for _, e := range u.Endpoints {
		ep := &Endpoint{
			ID: e.ID, Participant: p, Contact: e.Contact, Instance: e.Instance, Device: e.Device, Method: e.Method,
			By: e.By, Hidden: e.Hidden, Referred: e.Referred, Replaces: e.Replaces, JoinedAt: e.JoinedAt,
			Media: e.Media, LostAt: e.LostAt, Return: e.Return, reached: e.Reached, acknowledged: e.Acknowledged,
		}
		p.endpoints = append(p.endpoints, ep)
		s.roster.endpoints[ep.ID] = ep
		if ep.Connected() {
			s.roster.connect(ep)
		}
	}
	s.roster.settle(p.Identity)
}

// since returns the ids that came behind a moment.
func (r *recentIDs) since(when time.Time) []SnapshotMessages {
	var users []SnapshotMessages
	for sent := r.first; sent != nil; sent = sent.next {
		m := SnapshotMessages{User: sent.user}
		for k := range sent.order {
			id := sent.order[(sent.head+k)%len(sent.order)]
			if at := sent.at[id]; at.After(when) {
				m.IDs, m.At = append(m.IDs, id), append(m.At, at)
			}
		}
		if len(m.IDs) > 0 {
			users = append(users, m)
		}
	}
	return users
}
