// Package focus is the conference focus of TS 24.247 §7.3.2: the SIP user agent
// at the factory and conference URIs.
//
// Each procedure of the clause is a file: create (a factory URI), redirect (which
// may lead elsewhere), list (with a list of recipients), join (a conference URI,
// reserved or alive), invite (a user is called) and ask (or asked to call), refer
// and refer_many (what participants want done), remove, leave, end, options. What
// they share: call (an INVITE dialog from the INVITE to the end), reservation (the
// leg that the mixer is asked for), invitation (a call of ours until it is answered),
// attendance (all of a conference), examine and body (what is wrong with a request
// itself), outgoing (what requests of ours say), pacing and farewell (how many
// leave at a time). Which conference a Request-URI names, and how the focus names
// itself, is in internal/access.
//
//	REFER, list, API ── Invitation ──► conference.Invite ──► line ──► leg, INVITE
//	                                        │ refused           │ its turn   │
//	      report ◄── Progress ◄─────────────┴───────────────────┴────────────┘
//
// The focus decides nothing about a conference. It turns requests into commands
// for [instance.Instance] and the answers into responses; what may be and what
// follows is in internal/conference. It reserves legs from a [Mixer], which the
// server plugs in, and hears of what happened to a conference as an observer.
//
// Handlers run on the SIP stack's reader and never block: they hand a command
// to the instance and go on in its callback.
package focus
