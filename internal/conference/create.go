package conference

import (
	"fmt"
	"time"
)

// Origin says how a conference URI was allocated.
type Origin uint8

// The origins.
const (
	FromFactory Origin = iota // made for one conference by the factory
	FromReserve               // reserved by configuration or API, used again and again
)

// String returns the origin's name.
func (o Origin) String() string {
	switch o {
	case FromFactory:
		return "factory"
	case FromReserve:
		return "reserve"
	}
	return fmt.Sprintf("origin(%d)", uint8(o))
}

// Create brings a conference to life together with the first user's admission:
// where that is refused nothing comes into being. [FOC-FAC-02]
type Create struct {
	At         time.Time
	ID         ID
	Origin     Origin
	Subject    string
	Owner      Identity   // FromReserve only; a factory conference belongs to First.Identity
	Moderators []Identity // FromReserve only
	Members    []string   // identities, or domains that stand for all users of theirs
	Starters   []Identity // who may start it; empty: whoever may join
	Policy     Policy
	First      Admit
}

// Created is the first event of a conference's life.
type Created struct {
	At         time.Time
	ID         ID
	Origin     Origin
	Subject    string
	Owner      Identity
	Moderators []Identity
	Members    []string
	Starters   []Identity
	Policy     Policy
}

// Kind implements Event.
func (Created) Kind() Kind { return KindCreated }

func (c Create) decide(s *State, out []Event) ([]Event, error) {
	if s.alive {
		return nil, refuse(CodeAlreadyAlive)
	}
	e := Created{
		At: c.At, ID: c.ID, Origin: c.Origin, Subject: c.Subject, Owner: c.Owner,
		Moderators: c.Moderators, Members: c.Members, Starters: c.Starters, Policy: c.Policy,
	}
	if c.Origin == FromFactory {
		// D-13: who creates by the factory owns. A reserved conference has the
		// owner of its record, whoever calls first. [FOC-FAC-07] [FOC-CRE-06]
		e.Owner = c.First.Identity
	}
	var born State
	born.roster.numbered = s.roster.numbered
	e.apply(&born)
	return c.First.decide(&born, append(out, e))
}

func (e Created) apply(s *State) {
	if s.alive {
		return
	}
	marks, numbered := s.marks, s.roster.numbered
	*s = State{position: s.position, created: e, alive: true, activity: e.At, emptySince: e.At}
	if e.Policy.History.Durable {
		// What was said in the earlier life can still be read, and an anonymous user
		// of then must not be taken for one of now.
		s.marks, s.roster.numbered = marks, numbered
	}
	s.moderators = identitySet(e.Moderators)
	s.starters = identitySet(e.Starters)
	s.members = NewCircle(e.Members...)
}

func identitySet(ids []Identity) map[Identity]struct{} {
	if len(ids) == 0 {
		return nil
	}
	set := make(map[Identity]struct{}, len(ids))
	for _, id := range ids {
		set[id] = struct{}{}
	}
	return set
}
