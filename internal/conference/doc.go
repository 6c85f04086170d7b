// Package conference is the pure model of one messaging conference: who is in
// it, with which endpoints, under which policy, and what was said.
//
// A conference is the fold of its journal. A [Command] says what somebody
// wants; [Decide] checks it against the [State] and answers with the events
// that follow from it, or with a [*Refusal]; [State.Apply] takes an event, once
// the journal has given it its [Position], into the state. Nothing else changes
// a state, so every node that applies the same events has the same conference:
//
//	command ─► Decide(state, command) ─► events ─► journal ─► state.Apply ─► observers
//	               │
//	               └► *Refusal (full, locked, barred, …): nothing happened
//
// The package knows no I/O, no clock, no XML and no SIP. Time, identifiers and
// randomness come in with the command; time limits are data: [State.NextTimeout]
// says when the [Expire] command will have something to do. Refusal codes are
// turned into SIP and MSRP statuses by the focus and the mixer.
//
// Words. A user is named in two ways: its [Identity] is the verified address of
// record by which it is authorised, barred and given roles; its [User] is the
// URI under which everybody sees it, which for a user who asked for privacy is
// sip:anonymousN@anonymous.invalid (RFC 4575 §8.2). A [Participant] is a user in
// the conference, an [Endpoint] one of its devices, that is one INVITE dialog.
//
// A State is not safe for concurrent use; package instance gives each one
// goroutine of its own.
package conference
