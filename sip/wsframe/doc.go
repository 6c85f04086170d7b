// Package wsframe reads and writes the frames of the WebSocket protocol (RFC
// 6455 §5) and the key of its handshake (§4.2.2).
//
// Package transport carries SIP over it (RFC 7118). It is a codec: it knows no
// connection, keeps no state between frames, and neither fragments messages nor
// negotiates extensions.
package wsframe
