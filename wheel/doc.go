// Package wheel is a hierarchical timer wheel: very many timers that are
// mostly stopped before they fire, at a constant and small cost each.
//
// A protocol stack starts several timers for each message (RFC 3261 §17 alone
// knows eleven) and nearly all of them are stopped unfired. The runtime keeps
// its timers in heaps; a wheel links a timer into a list and unlinks it again.
// The price is precision: a timer fires up to one tick late, never early.
//
// A Wheel owns no goroutine. While timers are armed it holds one runtime
// timer, set to the next occupied slot; an idle wheel costs nothing. It takes
// its time from the package time, so it runs under testing/synctest.
//
// Callers are the endpoints (SIP transactions, dialogs, MSRP sessions). The
// package imports nothing of this module, and it never starts a goroutine for
// a callback: callbacks run one after the other and must not block.
package wheel
