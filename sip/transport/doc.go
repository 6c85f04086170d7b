// Package transport carries SIP messages over UDP, TCP, TLS (RFC 3261 §18 and
// §26, RFC 3581, RFC 5922) and WebSocket (RFC 7118): listeners, connections and
// their reuse, framing, the stamping of Via and the way a response takes back.
//
// A [Layer] hands every message to its [Receiver] on the goroutine that read
// it, one after the other: messages of one connection, or of one UDP socket,
// arrive in the order in which they were sent. A receiver must therefore not
// block, except to hold back the peer whose messages it cannot take.
//
// A [Flow] is a connection or a UDP socket. Requests reuse the flow to their
// destination if there is one, responses go back over the flow their request
// came in on, and a caller can insist on a flow.
//
// What a peer can make the layer hold is bounded: connections in total and by
// address, TLS handshakes that go on, octets of a message while it is read (sipmsg.Limits), octets waiting
// to be written (Config.OutBuffer; beyond, the connection is cut), and time
// (idle, half-read message, unread output). A message that cannot be parsed is
// answered here, with the status of the fault, and skipped; the connection goes
// on unless its framing is lost.
//
// TLS and WebSocket are steps on the way to the same connection: a TCP stream on
// which hands are shaken first, and whose messages stand in frames (wsframe). So
// every limit holds for all of them. WebSocket connections arrive by an HTTP
// server, which [Layer.WebSocket] takes them over from. Nothing for a sips URI
// leaves over, or is taken from, a flow without TLS.
//
// The package knows nothing of transactions: it neither matches nor
// retransmits on its own, but keeps a sent message as a [Packet] so that its
// owner can send it again.
package transport
