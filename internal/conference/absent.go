package conference

import (
	"slices"
	"time"
)

// absentee is a user who was lost without BYE a moment ago: he keeps his place,
// and his name if it was an anonymous one.
type absentee struct {
	user      User
	identity  Identity
	anonymous uint64
	until     time.Time
}

// absentees holds those who are waited for, in the order in which the waiting
// ends.
type absentees struct {
	queue []absentee
	users map[User]time.Time // until
}

func (a *absentees) add(x absentee) {
	if a.users == nil {
		a.users = make(map[User]time.Time)
	}
	a.users[x.user] = x.until
	i := len(a.queue)
	for i > 0 && a.queue[i-1].until.After(x.until) {
		i--
	}
	a.queue = slices.Insert(a.queue, i, x)
}

// has reports whether u is waited for at the time now.
func (a *absentees) has(u User, now time.Time) bool {
	until, ok := a.users[u]
	return ok && now.Before(until)
}

// take removes u because he is back, or barred.
func (a *absentees) take(u User) (absentee, bool) {
	if _, ok := a.users[u]; !ok {
		return absentee{}, false
	}
	delete(a.users, u)
	i := slices.IndexFunc(a.queue, func(x absentee) bool { return x.user == u })
	x := a.queue[i]
	a.queue = slices.Delete(a.queue, i, i+1)
	return x, true
}

// count returns how many are waited for at the time now.
func (a *absentees) count(now time.Time) int {
	n := len(a.queue)
	for _, x := range a.queue {
		if now.Before(x.until) {
			break
		}
		n--
	}
	return n
}

// end returns when the last waiting ends, zero if nobody is waited for.
func (a *absentees) end() time.Time {
	if len(a.queue) == 0 {
		return time.Time{}
	}
	return a.queue[len(a.queue)-1].until
}

// prune forgets those whom nobody waits for any more.
func (a *absentees) prune(now time.Time, s *State) {
	n := 0
	for n < len(a.queue) && !now.Before(a.queue[n].until) {
		x := a.queue[n]
		delete(a.users, x.user)
		if x.anonymous != 0 {
			delete(s.roster.anonymous, x.identity)
		}
		n++
	}
	a.queue = slices.Delete(a.queue, 0, n)
}
