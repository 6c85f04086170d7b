// Package imdn reads and writes what tells of the fate of messages and of people
// who write them: disposition notifications (RFC 5438, message/imdn+xml), with the
// CPIM header fields that ask for them, and composing indications (RFC 3994,
// application/im-iscomposing+xml).
//
// Participants make and read these documents. A mixer only looks at their media
// type: it passes them on and makes none of its own.
//
// The reader is lenient where the RFCs want it, with elements and states that it
// does not know, and strict about size, depth and document type declarations. It
// fetches nothing and expands nothing.
//
// The package knows no socket, clock, goroutine or log.
package imdn
