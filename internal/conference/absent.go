package conference

import (
	"slices"
	"time"
)

// Absentee is a user who was lost without BYE a moment ago. Until he is
// connected again, or the time is over, he keeps the conference alive, his
// place, and his name if it was an anonymous one. D-14, D-19.
type Absentee struct {
	User     User
	Identity Identity
	Until    time.Time

	Nickname, NicknameKey string
}

// absentees holds those who are waited for, in the order in which the waiting
// ends. A user who is on the way back is waited for and in the roster.
type absentees struct {
	queue []Absentee
	until map[User]time.Time
}

func (a *absentees) add(x Absentee) {
	a.remove(x.User)
	if a.until == nil {
		a.until = make(map[User]time.Time)
	}
	a.until[x.User] = x.Until
	i := len(a.queue)
	for i > 0 && a.queue[i-1].Until.After(x.Until) {
		i--
	}
	a.queue = slices.Insert(a.queue, i, x)
}

// has reports whether u is waited for at the time now.
func (a *absentees) has(u User, now time.Time) bool {
	until, ok := a.until[u]
	return ok && now.Before(until)
}

// find returns who was seen as u, if he is waited for at the time now.
func (a *absentees) find(u User, now time.Time) (Absentee, bool) {
	i := slices.IndexFunc(a.queue, func(x Absentee) bool { return x.User == u && now.Before(x.Until) })
	if i < 0 {
		return Absentee{}, false
	}
	return a.queue[i], true
}

// remove takes u out because he is connected again, or barred.
func (a *absentees) remove(u User) {
	if _, ok := a.until[u]; ok {
		delete(a.until, u)
		a.queue = slices.DeleteFunc(a.queue, func(x Absentee) bool { return x.User == u })
	}
}

// away counts those waited for at the time now who are not on the way back.
func (a *absentees) away(r *roster, now time.Time) int {
	n := 0
	for _, x := range a.queue {
		if now.Before(x.Until) && r.users[x.User] == nil {
			n++
		}
	}
	return n
}

// end returns when the last waiting ends, zero if nobody is waited for.
func (a *absentees) end() time.Time {
	if len(a.queue) == 0 {
		return time.Time{}
	}
	return a.queue[len(a.queue)-1].Until
}

// prune forgets those whom nobody waits for any more.
func (a *absentees) prune(r *roster, now time.Time) {
	n := 0
	for n < len(a.queue) && !now.Before(a.queue[n].Until) {
		x := a.queue[n]
		delete(a.until, x.User)
		r.unname(x.User, x.Identity)
		n++
	}
	a.queue = slices.Delete(a.queue, 0, n)
}
