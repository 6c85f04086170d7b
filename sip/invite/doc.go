// Package invite is the INVITE usage of a dialog: sessions (RFC 3261 §13 to §15).
//
// An [Agent] answers INVITEs through [Incoming] and makes calls through [Call];
// either leads to a [Session], which lasts until a BYE. The package does what has to
// be done whatever the session is about: it repeats a 2xx until its ACK comes, ends
// the session if none does, acknowledges every 2xx of a forked INVITE and ends the
// surplus ones, keeps a BYE back until it may be sent, settles crossing re-INVITEs.
// It carries session descriptions without reading them.
//
// Callbacks run on the serial executor of the Call-ID and must not block. The methods
// of Incoming, Call, Session and Reoffer may be called from any goroutine; what they
// do happens on that executor, in the order of the calls. If the executor is idle it
// happens before the method returns, callbacks included: a caller that is not on the
// executor itself must hold no lock that its callbacks take.
//
// One offer at a time is open in a dialog, whatever carries it: INVITE, reliable
// provisional response and PRACK (RFC 3262), UPDATE (RFC 3311). Sessions are refreshed
// and given up by the session timer (RFC 4028) without the caller's doing. Preconditions
// (RFC 3312) are the business of who reads the session descriptions: an INVITE is
// suspended by not accepting it before the UPDATE that [Incoming.OnOffer] brings.
package invite
