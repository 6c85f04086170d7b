// Package web holds the HTTP servers that one process shares: the API, the
// probes, and the WebSocket endpoints of SIP (RFC 7118) and MSRP (RFC 7977) may
// stand on one address, told apart by their paths.
//
// Server fills a [Host] with handlers, lets it listen and serve, and shuts it
// down. The package knows nothing of what the handlers do. Connections that a
// handler has taken over, as WebSocket does, are that handler's to end.
package web
