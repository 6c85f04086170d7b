// Package websocket makes WebSockets of connections: the opening handshake of
// RFC 6455 §4 for both roles, and the rules for web origins (§10.2) for servers.
//
// SIP (RFC 7118) and MSRP (RFC 7977) use it, each with a subprotocol of its own.
// What follows the handshake is theirs: the frames of package wsframe, in buffers,
// with deadlines and limits, that they have for all their connections. No
// extensions are negotiated. Who has to prove what is for them to say: challenges
// and credentials are header fields here.
package websocket
