// Package dialog keeps SIP dialogs (RFC 3261 §12) and hands what arrives in
// them to their usages (RFC 5057).
//
// [Layer] is the transaction user: every request, ACK and late 2xx comes to it
// first. A request with our tag in To goes to its [Dialog], which checks CSeq and
// offers it to its usages (package invite, package event); one without goes to
// the handler registered for its method. What nobody serves is answered here:
// 481, 405 or 501.
//
// Dialogs come to be in two ways. [Layer.Accept] makes one from a request that a
// peer sent; an [Origin] is a request of ours, from which several dialogs may grow
// when it forks. A dialog ends with its last usage.
//
// All state of a dialog is touched only on the serial executor of its Call-ID
// (see package transaction), so there are no locks and no goroutines here, except
// for resolving host names, which never happens on a shard. Methods of Dialog and
// Origin must be called there unless their documentation says otherwise.
package dialog
