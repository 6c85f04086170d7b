package conference

import "time"

// SetNickname gives the user of an endpoint a nickname, or takes it away again.
// A name is one user's at a time in a conference, whatever device he sets it
// from; the one that he had is free at once. RFC 7701 §7. [SW-NCK-08]
// [SW-NCK-09]
//
// Refusals: CodeNotAlive, CodeNoSuchEndpoint, CodeNotConnected, CodeNotAllowed
// (Policy.Nicknames), CodeBadNickname, CodeNicknameTaken.
type SetNickname struct {
	At       time.Time
	Endpoint EndpointID
	Nickname string // as entered; empty: none from now on
}

// Nicknamed says that a user goes by another nickname, or by none.
type Nicknamed struct {
	At       time.Time
	User     User
	Nickname string // as it is shown; empty: none
	Key      string // what nicknames are compared by, see [NicknameKey]
}

// Kind implements Event.
func (Nicknamed) Kind() Kind { return KindNicknamed }

func (c SetNickname) decide(s *State, out []Event) ([]Event, error) {
	ep, err := s.connectedEndpoint(c.Endpoint)
	if err != nil {
		return nil, err
	}
	if !s.created.Policy.Nicknames {
		return nil, refuse(CodeNotAllowed) // [SW-NCK-02]
	}
	p := ep.Participant
	e := Nicknamed{At: c.At, User: p.User}
	if c.Nickname != "" {
		if e.Nickname, e.Key, err = nickname(c.Nickname); err != nil {
			return nil, refuse(CodeBadNickname) // [SW-NCK-03]
		}
		if s.taken(e.Key, p, c.At) {
			return nil, refuse(CodeNicknameTaken) // [SW-NCK-05]
		}
	}
	if e.Nickname == p.Nickname {
		return out, nil
	}
	return append(out, e), nil
}

func (e Nicknamed) apply(s *State) {
	p := s.Participant(e.User)
	if !s.alive || p == nil {
		return
	}
	// RFC 7701 §7.2: the old name is released together with the taking of the
	// new one. [SW-NCK-07] [SW-NCK-08]
	s.nicknames.release(p)
	p.Nickname, p.nicknameKey = e.Nickname, e.Key
	s.nicknames.hold(p)
}

// taken reports whether the name is not for p to take: it is another's
// nickname, or was a moment ago, or what another is known by. [SW-NCK-05]
func (s *State) taken(key string, p *Participant, now time.Time) bool {
	if holder, ok := s.nicknames.holders[key]; ok {
		return holder != p.User
	}
	if r, ok := s.nicknames.resting[key]; ok && now.Before(r.Until) && !r.of(p) {
		return true // [SW-NCK-10]
	}
	if s.officer(key, p.Identity) {
		return true
	}
	for other := s.roster.first; other != nil; other = other.next {
		if other != p && (other.Identity != p.Identity || p.Identity == "") && other.known(key) {
			return true
		}
	}
	return false
}

// officer reports whether the owner or a moderator, present or not, is known by
// the name, and is not id.
func (s *State) officer(key string, id Identity) bool {
	for m := range s.moderators {
		if m != id && userKey(string(m)) == key {
			return true
		}
	}
	owner := s.created.Owner
	return owner != "" && owner != id && userKey(string(owner)) == key
}

// known reports whether the participant is known by the name, without having
// taken it: by the user part of its URI, or the display name.
func (p *Participant) known(key string) bool { return key == p.userKey || key == p.displayKey }

// nicknames are the names in force, and those that were left behind.
type nicknames struct {
	holders map[string]User        // by key
	resting map[string]RestingName // by key
}

// mostResting bounds the names in quarantine: whoever comes and goes under ever new
// names loses those that would have been free first.
const mostResting = 4096

// RestingName is the quarantine of a name after its user has left or was lost: for a
// while nobody else can pass for him. [SW-NCK-10]
type RestingName struct {
	User     User
	Identity Identity
	Until    time.Time
}

// of reports whether the name was p's.
func (r RestingName) of(p *Participant) bool {
	return r.User == p.User || r.Identity != "" && r.Identity == p.Identity
}

// hold notes p's nickname as in force.
func (n *nicknames) hold(p *Participant) {
	if p.Nickname == "" {
		return
	}
	if n.holders == nil {
		n.holders = make(map[string]User)
	}
	n.holders[p.nicknameKey] = p.User
	delete(n.resting, p.nicknameKey)
}

// release frees p's nickname.
func (n *nicknames) release(p *Participant) {
	if p.Nickname != "" {
		delete(n.holders, p.nicknameKey)
	}
}

// rest puts the nickname of a user who has gone into quarantine.
func (n *nicknames) rest(p *Participant, now, until time.Time) {
	if p.Nickname == "" {
		return
	}
	n.release(p)
	var soonest string
	for key, r := range n.resting {
		if !now.Before(r.Until) {
			delete(n.resting, key)
			continue
		}
		// The same whatever the order, for a replay must come to the same state.
		s, ok := n.resting[soonest]
		if !ok || r.Until.Before(s.Until) || r.Until.Equal(s.Until) && key < soonest {
			soonest = key
		}
	}
	if len(n.resting) >= mostResting {
		delete(n.resting, soonest)
	}
	if n.resting == nil {
		n.resting = make(map[string]RestingName)
	}
	n.resting[p.nicknameKey] = RestingName{User: p.User, Identity: p.Identity, Until: until}
}

// back gives a user who was waited for his nickname back. [SW-NCK-12]
func (n *nicknames) back(p *Participant, x Absentee) {
	if _, held := n.holders[x.NicknameKey]; x.Nickname == "" || held {
		return
	}
	p.Nickname, p.nicknameKey = x.Nickname, x.NicknameKey
	n.hold(p)
}
