// Package msrp is an MSRP endpoint (RFC 4975): sessions, the connections that
// carry them, and the messages sent and received on them.
//
// An Endpoint owns listeners and connections. A Session has a URI of its own;
// it is passive, bound by the first request that the peer sends to it, or
// active, bound by Connect, which dials or shares a connection. What arrives is
// checked in a fixed order, reassembled and handed to the session's Handler,
// which accepts or refuses it; responses and reports follow from the header
// fields of the request. What is sent is queued within bounds, cut into chunks
// where the rules ask for it, and its outcome handed to the Handler. A message
// for many sessions is prepared once (Prepare) and costs each of them a copy
// into its output buffer. One that is too large to be held in memory is written
// to a Writer, and received Into what keeps it.
//
// A connection is plain TCP, TLS, or a WebSocket that carries one message of
// MSRP in each of its own (RFC 7977). On TLS the fingerprints of the session
// description (RFC 8122) decide who is at the other end, by authority and name
// only a server without them. A session may be reached through relays at which
// it authenticates (RFC 4976). What arrives before the peer's description is
// known waits for it, unread.
//
// Each connection has a goroutine that reads, and one that writes while there
// is output. All timeouts of a connection are found by one sweep.
//
// The mixer and the participant build on this package. It knows nothing of
// SDP, SIP, CPIM or conferences, is no relay itself, and never looks
// into a body.
package msrp
