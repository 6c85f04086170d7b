package conference

import (
	"maps"
	"time"
)

// AnonymousHost is the host of the URIs under which users are shown who asked
// for privacy, RFC 4575 §5.6 and RFC 2606.
const AnonymousHost = "anonymous.invalid"

// Admit lets an endpoint that calls the conference in as far as StatusDialingIn, and
// reserves its place: from here on it counts for the limits, though nobody sees
// it as connected.
//
// Refusals: CodeNotAlive, CodeEndpointTaken, CodeNoSuchEndpoint and CodeNotAllowed (Replaces),
// CodeBarred, CodeNotMember, CodeNotApproved, CodeNotStarted, CodeLocked, CodeTooManyEndpoints, CodeFull.
type Admit struct {
	At             time.Time
	Identity       Identity // empty: an unauthenticated caller, who is always anonymous
	Private        bool     // the caller asked for privacy
	Display        string
	AssociatedAORs []string
	Focus          string
	Endpoint       EndpointID
	Contact        string
	Instance       string
	Device         string
	Replaces       EndpointID // the endpoint to be replaced: RFC 3891, or empty
	Referred       *Referral
}

// Admitted says that an endpoint is on its way into the conference and holds a
// place. For an anonymous user, Display and AssociatedAORs reveal nothing.
type Admitted struct {
	At             time.Time
	User           User
	Identity       Identity
	Anonymous      uint64 // N of anonymousN, 0: shown by its identity
	Display        string
	AssociatedAORs []string
	Focus          string
	Endpoint       EndpointID
	Contact        string
	Instance       string
	Device         string
	Status         Status // of StatusPending to StatusDialingIn
	Method         Method
	By             User
	Hidden         bool // not to be shown to others than By before it has connected
	Replaces       EndpointID
	Referred       *Referral
	Until          time.Time // how long an invited user may come by himself
}

// Kind implements Event.
func (Admitted) Kind() Kind { return KindAdmitted }

func (c Admit) decide(s *State, out []Event) ([]Event, error) {
	if !s.alive {
		return nil, refuse(CodeNotAlive)
	}
	if s.Endpoint(c.Endpoint) != nil {
		return nil, refuse(CodeEndpointTaken)
	}
	old, err := c.replaced(s)
	if err != nil {
		return nil, err
	}
	e := Admitted{
		At: c.At, Identity: c.Identity, Display: c.Display, AssociatedAORs: c.AssociatedAORs,
		Focus: c.Focus, Endpoint: c.Endpoint, Contact: c.Contact, Instance: c.Instance,
		Device: c.Device, Status: StatusDialingIn, Method: DialedIn, Referred: s.disclosed(c.Referred, ""),
	}
	if old != nil {
		e.Replaces = old.ID
	}
	c.name(s, old, &e)
	if err := s.authorise(c.Identity, c.At); err != nil {
		return nil, err
	}
	if err := c.fits(s, old, e.User); err != nil {
		return nil, err
	}
	return append(out, e), nil
}

// replaced finds the endpoint whose place the caller takes: the one its
// Replaces names, or the one that is the same device. [FOC-JOI-08] [FOC-JOI-14]
func (c Admit) replaced(s *State) (*Endpoint, error) {
	if c.Replaces != "" {
		old := s.Endpoint(c.Replaces)
		if old == nil {
			return nil, refuse(CodeNoSuchEndpoint)
		}
		if c.Identity == "" || old.Participant.Identity != c.Identity {
			return nil, refuse(CodeNotAllowed)
		}
		return old, nil
	}
	for e := range s.roster.devices(c.Identity, c.Instance) {
		return e, nil
	}
	return nil, nil
}

// name settles under which URI the user is seen. A user who asks for privacy
// gets an anonymous URI that no other user of the conference has had, and keeps
// it while he stays. [PRV-01] [PRV-03]
func (c Admit) name(s *State, old *Endpoint, e *Admitted) {
	private := c.Private || c.Identity == "" || c.Identity.domain() == AnonymousHost
	if !private && old != nil && old.Participant.Anonymous != 0 {
		private = true // a replaced endpoint hands on the name as well
	}
	if !private {
		e.User = User(c.Identity)
		return
	}
	e.Display, e.AssociatedAORs = "", nil
	n, ok := s.roster.anonymous[c.Identity]
	if !ok {
		n = s.roster.numbered + 1
	}
	e.User, e.Anonymous = anonymousUser(n), n
}

// authorise checks what does not depend on who else is there.
func (s *State) authorise(id Identity, now time.Time) error {
	if s.Barred(id) {
		return refuse(CodeBarred) // [FOC-JOI-03]
	}
	if s.Called(id) != nil || now.Before(s.expected[id]) {
		return nil // who is invited may as well come by himself [FOC-JOI-11]
	}
	if s.Role(id) < RoleModerator {
		switch s.created.Policy.Join {
		case JoinMembers:
			if !s.members.Has(id) {
				return refuse(CodeNotMember)
			}
		case JoinModerated:
			if !s.Approved(id) {
				return refuse(CodeNotApproved) // D-18
			}
		case JoinOpen:
		}
	}
	if len(s.starters) > 0 && !s.begun {
		if _, ok := s.starters[id]; !ok {
			return refuse(CodeNotStarted) // [FOC-CRE-03]
		}
	}
	return nil
}

// fits checks lock and limits. Who was lost without BYE less than a grace ago
// counts as present for all of them, and who replaces an endpoint adds none.
// D-19, D-21.
func (c Admit) fits(s *State, old *Endpoint, u User) error {
	p := s.Participant(u)
	returns := s.absent.has(u, c.At)
	if s.locked && old == nil && !returns && (p == nil || !p.lost()) {
		return refuse(CodeLocked)
	}
	limit, has := s.created.Policy.EndpointsPerUser, s.roster.endpointsOf(c.Identity)
	called := s.Called(c.Identity) != nil
	if called {
		has-- // that device goes as soon as he is here by this one [FOC-JOI-11]
	}
	if limit > 0 && old == nil && c.Identity != "" && has >= limit {
		return refuse(CodeTooManyEndpoints) // [FOC-JOI-07]
	}
	// Places are counted by user and taken at authorisation time; who is being called has
	// one, by whatever name he comes. [FOC-JOI-04]
	if p == nil && !returns && !called && s.crowded(c.At, 1) {
		return refuse(CodeFull)
	}
	return nil
}

func (e Admitted) apply(s *State) {
	if !s.alive || s.Endpoint(e.Endpoint) != nil {
		return
	}
	s.absent.prune(&s.roster, e.At)
	s.activity = e.At
	if e.Method == DialedOut {
		delete(s.barred, e.Identity) // invited again, by somebody entitled; D-20 [FOC-JOI-03]
		s.expect(e.Identity, e.Until, e.At)
	}
	p := s.Participant(e.User)
	if p == nil {
		p = s.enrol(e)
	}
	ep := &Endpoint{
		ID: e.Endpoint, Participant: p, Contact: e.Contact, Instance: e.Instance, Device: e.Device,
		Method: e.Method, By: e.By, Hidden: e.Hidden, Referred: e.Referred, Replaces: e.Replaces, reached: e.Status,
	}
	p.endpoints = append(p.endpoints, ep)
	s.roster.endpoints[ep.ID] = ep
	s.roster.settle(p.Identity)
}

// enrol makes the participant that the event speaks of for the first time.
func (s *State) enrol(e Admitted) *Participant {
	p := &Participant{
		User: e.User, Identity: e.Identity, Display: e.Display, AssociatedAORs: e.AssociatedAORs,
		Focus: e.Focus, Role: s.Role(e.Identity), Anonymous: e.Anonymous,
	}
	s.roster.add(p)
	if p.Anonymous != 0 {
		s.roster.number(p)
	}
	p.userKey, p.displayKey = userKey(string(p.User)), looseKey(p.Display)
	if x, ok := s.absent.find(p.User, e.At); ok {
		s.nicknames.back(p, x)
	}
	return p
}

// expect lets a user come by himself until then, and forgets those who came too
// late.
func (s *State) expect(id Identity, until, now time.Time) {
	maps.DeleteFunc(s.expected, func(_ Identity, until time.Time) bool { return !now.Before(until) })
	if until.IsZero() {
		return
	}
	if s.expected == nil {
		s.expected = make(map[Identity]time.Time)
	}
	s.expected[id] = until
}
