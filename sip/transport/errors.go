package transport

import "errors"

// Errors of sending. Those of the network (refused, reset, timed out) come
// wrapped as they are.
var (
	// ErrClosed says that the layer is shut down.
	ErrClosed = errors.New("sip transport: closed")
	// ErrFlowGone says that the flow asked for has ended and that there is no
	// address to open another one to.
	ErrFlowGone = errors.New("sip transport: flow is gone")
	// ErrSlow says that a connection was cut because too much output waited.
	ErrSlow = errors.New("sip transport: peer does not read its messages")
	// ErrTransport says that there is no listener or no support for the
	// transport of a target.
	ErrTransport = errors.New("sip transport: transport not available")
	// ErrTooManyConnections says that a limit of connections is reached.
	ErrTooManyConnections = errors.New("sip transport: too many connections")
	// ErrInsecure says that a sips URI would have been used in clear.
	ErrInsecure = errors.New("sip transport: sips needs TLS")
	// ErrHandshake says that a WebSocket handshake was refused.
	ErrHandshake = errors.New("sip transport: WebSocket refused")
	// ErrPeerName says that a certificate is not one of the name wanted (RFC
	// 5922 §7.3).
	ErrPeerName = errors.New("sip transport: certificate of another domain")
	// ErrNoPong says that a keep-alive was not answered (RFC 5626 §4.4.1).
	ErrNoPong = errors.New("sip transport: keep-alive not answered")
)

// Reasons for which the layer itself ends a connection.
var (
	errIdle         = errors.New("sip transport: connection idle")
	errHalfMessages = errors.New("sip transport: too many octets of incomplete messages")
	errHalfMessage  = errors.New("sip transport: message not completed in time")
	errFinishing    = errors.New("sip transport: connection is being closed")
	errFraming      = errors.New("sip transport: framing lost")
	errPeerClosed   = errors.New("sip transport: closed by the peer")
)
