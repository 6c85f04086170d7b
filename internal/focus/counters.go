package focus

import "sync/atomic"

// Counters tell what the focus has done on behalf of others since it was made.
type Counters struct {
	Invitations   uint64 // users called or asked to call
	Joined        uint64 // of them, those who came
	Failed        uint64 // of them, those who did not, for whatever reason
	Referrals     uint64 // REFERs that were looked at
	RefersTooMany uint64 // REFERs refused because their issuer asks too often
	ListsRefused  uint64 // requests refused because of their list of recipients
}

// counts are the counters as they are kept.
type counts struct {
	invitations, joined, failed, referrals, refersTooMany, listsRefused atomic.Uint64
}

// Counters returns the counters. It may be called from any goroutine.
func (f *Focus) Counters() Counters {
	c := &f.counts
	return Counters{
		Invitations: c.invitations.Load(), Joined: c.joined.Load(), Failed: c.failed.Load(),
		Referrals: c.referrals.Load(), RefersTooMany: c.refersTooMany.Load(), ListsRefused: c.listsRefused.Load(),
	}
}
