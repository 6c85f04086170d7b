package notify

import (
	"slices"

	"github.com/confab-chat/confab/confinfo"
	"github.com/confab-chat/confab/internal/conference"
)

// view says whose eyes a document is for. Subscribers of the same view share
// theirs. D-26 [PRV-04]
//
//   - The zero view is everybody's: who is called or connected, under opaque
//     endpoint tokens.
//   - The owner also sees who is on the way in, whom others invite in secret,
//     the contacts of devices, and who it is that goes by an anonymous URI.
//   - An inviter sees, besides what everybody sees, the invitations of his own
//     that others do not see (yet).
//
// Who takes each document for who is there has present besides: those who have left
// are not in it. [NOT-NFY-11]
type view struct {
	owner   bool
	inviter conference.User
	present bool
}

// there returns a user without the endpoints that have left, nil if he has no other.
func there(u *confinfo.User) *confinfo.User {
	left := *u
	left.Endpoints = slices.DeleteFunc(slices.Clone(u.Endpoints), func(e confinfo.Endpoint) bool {
		return e.Status == confinfo.StatusDisconnected
	})
	if len(left.Endpoints) == 0 {
		return nil
	}
	return &left
}

// audience says who sees an endpoint.
type audience uint8

const (
	forAll     audience = iota
	forInviter          // and the owner
	forOwner
)

// audienceOf is the third column of the table of statuses in D-26.
func audienceOf(e *conference.Endpoint) audience {
	switch e.Status() {
	case conference.StatusPending:
		return forInviter
	case conference.StatusDialingOut, conference.StatusAlerting:
		if e.Hidden {
			return forInviter
		}
	case conference.StatusDialingIn:
		return forOwner
	case conference.StatusConnected, conference.StatusOnHold:
	}
	return forAll
}

// sight is an endpoint as it can be seen.
type sight struct {
	endpoint confinfo.Endpoint // under its opaque token
	contact  string            // its name in the owner's view; empty: the token
	audience audience
	hidden   bool // the invitation is a secret of the inviter's and the owner's
	by       conference.User
}

// shown is a user as the views have him, never changed. A user that a view has
// not is nil there.
type shown struct {
	all      *confinfo.User
	owner    *confinfo.User
	inviters map[conference.User]*confinfo.User // whose view differs from everybody's
}

// to returns the user as a view has him; s may be nil.
func (s *shown) to(v view) *confinfo.User {
	switch {
	case s == nil:
		return nil
	case v.owner:
		return s.owner
	case v.inviter != "":
		if u, ok := s.inviters[v.inviter]; ok {
			return u
		}
	}
	return s.all
}

// showUser makes the views of a user, nil if nobody sees him. Of all and owner
// the endpoints are filled in.
func showUser(all, owner confinfo.User, sights []sight) *shown {
	if len(sights) == 0 {
		return nil
	}
	s := &shown{all: among(all, sights, func(x *sight) bool { return x.audience == forAll })}
	owner.Endpoints = owners(sights)
	s.owner = &owner
	for i := range sights {
		by := sights[i].by
		if sights[i].audience != forInviter || by == "" || s.inviters[by] != nil {
			continue
		}
		if s.inviters == nil {
			s.inviters = make(map[conference.User]*confinfo.User)
		}
		s.inviters[by] = among(all, sights, func(x *sight) bool {
			return x.audience == forAll || x.audience == forInviter && x.by == by
		})
	}
	return s
}

// among returns the user with those endpoints that can be seen, nil if none can.
func among(u confinfo.User, sights []sight, visible func(*sight) bool) *confinfo.User {
	for i := range sights {
		if visible(&sights[i]) {
			u.Endpoints = append(u.Endpoints, sights[i].endpoint)
		}
	}
	if len(u.Endpoints) == 0 {
		return nil
	}
	return &u
}

// owners returns the endpoints under their contacts. A contact that two of them
// have, one having taken the other's place, names the later one.
func owners(sights []sight) []confinfo.Endpoint {
	out := make([]confinfo.Endpoint, 0, len(sights))
	for i := range sights {
		e := sights[i].endpoint
		taken := slices.ContainsFunc(sights[i+1:], func(x sight) bool { return x.contact == sights[i].contact })
		if sights[i].contact != "" && !taken {
			e.Entity = sights[i].contact
		}
		out = append(out, e)
	}
	return out
}

// same reports whether no view tells the one from the other.
func (s *shown) same(o *shown) bool {
	if s == nil || o == nil {
		return s == o
	}
	if !sameUser(s.all, o.all) || !sameUser(s.owner, o.owner) || len(s.inviters) != len(o.inviters) {
		return false
	}
	for by, u := range s.inviters {
		if other, ok := o.inviters[by]; !ok || !sameUser(u, other) {
			return false
		}
	}
	return true
}

func sameUser(a, b *confinfo.User) bool {
	if a == nil || b == nil {
		return a == b
	}
	_, changed := confinfo.DiffUser(a, b)
	return !changed
}
