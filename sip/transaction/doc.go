// Package transaction is the SIP transaction layer: the four state machines of
// RFC 3261 §17 as RFC 6026 and RFC 4320 amend them.
//
// A [Layer] stands between a transport.Layer, whose Receiver it is, and a
// [Handler], the transaction user. It matches what arrives, absorbs and makes
// retransmissions, answers CANCEL, acknowledges negative responses to INVITE
// and tells the user about everything else.
//
// # Shards
//
// All state of a Call-ID belongs to one shard, chosen by its hash. A shard runs
// one function at a time, on whichever goroutine brings it: [Layer.Do] runs a
// function at once if the shard is idle and otherwise leaves it to the
// goroutine that is busy there. Handler and callbacks run on the shard of their
// Call-ID, so that a user that touches the state of a dialog there only needs no
// lock. They must not block. There is no goroutine for a transaction, a dialog
// or a message.
//
// Timers come from a wheel.Wheel and fire on the shard as well; a timer that
// was stopped on the shard never fires afterwards.
package transaction
