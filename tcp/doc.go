// Package tcp reaches the TCP connection below TLS, WebSocket and other layers, to ask it
// how far its output has got, or to reset it.
//
// It imports nothing of this module. Its functions are safe for concurrent use.
package tcp
