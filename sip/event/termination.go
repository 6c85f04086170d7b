package event

import "time"

// Reason says in Subscription-State why a subscription is over (RFC 6665 §4.1.3).
type Reason string

// The reasons of RFC 6665.
const (
	Deactivated Reason = "deactivated" // subscribe again at once
	Probation   Reason = "probation"   // subscribe again later
	Rejected    Reason = "rejected"    // do not come back
	Timeout     Reason = "timeout"     // not refreshed, unsubscribed or fetched
	GiveUp      Reason = "giveup"      // no authorisation in time
	NoResource  Reason = "noresource"  // what was watched is gone
	Invariant   Reason = "invariant"   // the state does not change any more
)

// Termination tells how a subscription ended, or is to end.
type Termination struct {
	// Reason of the final NOTIFY; empty if there was none or it named none.
	Reason Reason
	// RetryAfter, if positive, is how long the subscriber should stay away.
	RetryAfter time.Duration
	// Err is set if no NOTIFY but a failure ended the subscription: a *sip.Error.
	Err error
}

// Resubscribe tells a subscriber whether it may subscribe anew, and after what time
// (RFC 6665 §4.1.3). [PAR-SUB-05]
func (t Termination) Resubscribe() (time.Duration, bool) {
	switch t.Reason {
	case Rejected, NoResource, Invariant:
		return 0, false
	case Deactivated, Timeout:
		return 0, true
	default: // probation, giveup, none, unknown
		return t.RetryAfter, true
	}
}
