package identity

import "sync/atomic"

// Counters is what Accounts counted since they were made.
type Counters struct {
	Challenged uint64 // requests answered with a challenge
	Wrong      uint64 // wrong passwords, and accounts that do not exist
	Locked     uint64 // requests refused unheard after too many of these
}

type counters struct{ challenged, wrong, locked atomic.Uint64 }

// Counters returns the present figures.
func (a *Accounts) Counters() Counters {
	return Counters{Challenged: a.count.challenged.Load(), Wrong: a.count.wrong.Load(), Locked: a.count.locked.Load()}
}
