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
// Reliable provisional responses, UPDATE, preconditions and session timers are not
// part of this package yet: PRACK is answered 481 and UPDATE 405.
package invite
