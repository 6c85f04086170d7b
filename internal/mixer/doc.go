// Package mixer is the MSRP switch of RFC 7701: it takes each message that a
// participant sends, checks it, and gives everybody else a copy.
//
// A [Leg] is the MSRP session between the mixer and one endpoint. The focus
// reserves it before it answers an INVITE, has it negotiate the session
// descriptions, and closes it if nothing comes of the dialog. From then on the
// conference itself says what happens: the mixer observes each instance, opens
// a leg when its endpoint is connected and closes it when it departs.
//
//	leg's reader ── checks ──► instance: Post ──► journal ──► Posted
//	                                                            │
//	      sender's 200 ◄── done                                 ▼
//	                                    one Shared each, copies into the legs' outputs
//
// A leg that does not keep up, was lost, or has just come reads on from the
// messages that the conference keeps, from the place that its device has
// confirmed, until it has caught up.
//
// Messages to everybody take their place in the conference's order. Private
// messages and composing indications do not: they go straight to the legs that
// are open at that moment.
//
// The octets of a message are never changed (RFC 7701 §6.1), and what one leg
// answers is never told to another.
package mixer
