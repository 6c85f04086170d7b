// Package chat is `confab chat`: a participant of one conference in the terminal, in
// line mode. Input lines are messages or, with a leading slash, commands; what
// happens is printed as text for people or as one JSON object a line for programs.
//
// Cmd/confab calls it with the flags already checked. It knows packages participant
// and sip only; all of the protocol is there.
package chat
