// Package wsframe reads and writes the frames of the WebSocket protocol (RFC
// 6455 §5).
//
// SIP (RFC 7118) and MSRP (RFC 7977) are carried in them. It is a codec: it knows
// no connection, keeps no state between frames, and neither fragments messages nor
// negotiates extensions.
package wsframe
