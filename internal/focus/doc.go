// Package focus is the conference focus of TS 24.247 §7.3.2: the SIP user agent
// at the factory and conference URIs.
//
// Each procedure of the clause is a file: create (a factory URI), join (a
// conference URI, reserved or alive), leave, end, options. What they share: call
// (an INVITE dialog from the INVITE to the end), attendance (all of a
// conference), examine and body (what is wrong with a request itself). Which
// conference a Request-URI names, and how the focus names itself, is in
// internal/access.
//
// The focus decides nothing about a conference. It turns requests into commands
// for [instance.Instance] and the answers into responses; what may be and what
// follows is in internal/conference. It reserves legs from a [Mixer], which the
// server plugs in, and hears of what happened to a conference as an observer.
//
// Handlers run on the SIP stack's reader and never block: they hand a command
// to the instance and go on in its callback.
package focus
