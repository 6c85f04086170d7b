// Package digest is HTTP Digest authentication as SIP uses it (RFC 3261 §22,
// RFC 8760, RFC 7616): the arithmetic, a [Server] that challenges and verifies,
// and a [Client] that answers challenges.
//
// A Server keeps nothing for a challenge it gives: its nonces prove themselves.
// Only a nonce that somebody has used successfully is remembered, within a fixed
// bound, so that no request is taken twice. Who has which password, and what
// becomes of those who guess, is the business of the caller: the accounts of the
// server and the participant.
//
// The package reads and writes values of header fields; it never opens a socket
// or starts a goroutine. Only qop "auth" is offered and used; Basic never is.
package digest
