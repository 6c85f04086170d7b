// Package notify is the conference notification service of TS 24.247 §7.3.3:
// the notifier of the conference event package (RFC 4575).
//
// Each conference has a [board]: its [roster] as documents show it, and a
// bounded [history] of what changed in it from revision to revision.
// Subscribers draw their NOTIFYs from it when they may have one: the first
// change after a quiet time at once, what follows merged into one document per
// interval. Each user is written once for all documents that hold him, and each
// document once for all subscribers that come from the same revision; only the
// version in its root is each one's own.
//
//	instance ── Applied ──► board ── rings ──► event.Subscription
//	                          ▲                     │ when no NOTIFY is open
//	                          └────── Next ◄────────┘
//
// The package decides nothing about conferences. Who is in a conference may
// watch it, and so may its owner and moderators.
package notify
