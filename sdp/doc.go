// Package sdp reads and writes session descriptions (RFC 8866) and carries the
// offer/answer model (RFC 3264) for MSRP streams: RFC 4975 §8, RFC 6135
// (COMEDIA), RFC 7701 §8 (chatroom) and the parsing half of RFC 5547 (files)
// and RFC 6714 (CEMA).
//
// Three layers build on each other. [Session] and [Media] are a description
// line by line, whatever media it holds. [Message] is one m=message line with
// its attributes as values and the session-level defaults folded in.
// [Negotiation] is the offer/answer state of one dialog: it answers the peer's
// offers, makes ours, and says which [Stream] results.
//
// The focus and the participant use it. It opens no connection, resolves no
// name and knows no clock and no source of randomness: addresses, session
// identifiers and MSRP URIs come from the caller.
package sdp
