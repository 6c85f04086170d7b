// Package redact takes credentials out of SIP and MSRP messages before anybody gets to
// see them: traces and logs hold what a message says, not what would let a reader
// become somebody else.
//
// [Message] works on octets, on whole messages and on broken ones, and leaves
// everything else as it was on the wire, the body included. Taps of sip/transport and
// msrp go through it.
package redact
