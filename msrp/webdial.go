package msrp

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"

	"github.com/confab-chat/confab/websocket"
	"github.com/confab-chat/confab/websocket/wsframe"
)

// ConnectWebSocket is like Connect, but opens a WebSocket to a URL, ws or wss, or
// shares one: where the peer's path has the transport ws, it does not say how it
// is reached. RFC 7977 §5.
func (s *Session) ConnectWebSocket(address string) error {
	to, err := webTarget(address)
	if err != nil {
		return err
	}
	s.mu.Lock()
	known, ended := len(s.remote) > 0, s.ended.Load()
	s.mu.Unlock()
	switch {
	case ended:
		return ErrClosed
	case !known:
		return errNoPath
	}
	s.Await()
	if !s.ep.spawn(func() { s.connect(to) }) {
		return ErrShutdown
	}
	return nil
}

// webTarget reads the URL of a WebSocket.
func webTarget(address string) (target, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "ws" && u.Scheme != "wss" || u.Hostname() == "" {
		return target{}, errNoPath
	}
	to := target{web: u, host: u.Hostname(), name: u.Hostname(), port: 80, secure: u.Scheme == "wss", service: true}
	if to.secure {
		to.port = 443
	}
	if u.Port() != "" {
		port, err := strconv.ParseUint(u.Port(), 10, 16)
		if err != nil {
			return target{}, errNoPath
		}
		to.port = uint16(port)
	}
	return to, nil
}

// WebLogin answers the challenges to one handshake of a WebSocket.
type WebLogin interface {
	// Answer takes the header of a 401 and returns the fields with which the GET of uri
	// is to be repeated, nil to give up. RFC 9110 §11.6.
	Answer(challenge http.Header, uri string) http.Header
}

// dialWeb opens a WebSocket at an address. A handshake that is challenged is
// repeated, on a connection of its own, for as long as there is an answer. RFC 7977
// §7. [WS-06]
func (ep *Endpoint) dialWeb(ctx context.Context, at netip.AddrPort, to *target) (net.Conn, error) {
	var login WebLogin
	var credentials http.Header
	for {
		nc, err := ep.dialStream(ctx, at, to)
		if err == nil {
			nc, err = ep.upgrade(ctx, nc, to, credentials)
		}
		refused := (*websocket.StatusError)(nil)
		if ep.cfg.Login == nil || !errors.As(err, &refused) || refused.Code != http.StatusUnauthorized {
			return nc, err
		}
		if login == nil {
			login = ep.cfg.Login()
		}
		if credentials = login.Answer(refused.Header, to.web.RequestURI()); credentials == nil {
			return nil, err
		}
	}
}

// upgrade makes a WebSocket of a connection, and closes it if that fails
// (RFC 6455 §4.1, RFC 7977 §4.1). [WS-01]
func (ep *Endpoint) upgrade(ctx context.Context, nc net.Conn, to *target, credentials http.Header) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, ep.cfg.HandshakeTimeout)
	defer cancel()
	early, err := websocket.Open(ctx, nc, websocket.Request{
		Host: to.web.Host, Path: to.web.RequestURI(), Subprotocol: subprotocol, Header: credentials,
	})
	if err != nil {
		return nil, err
	}
	g, ok := nc.(*guarded)
	if !ok {
		g = &guarded{Conn: nc}
	}
	return &webConn{guarded: guarded{Conn: g.Conn}, role: wsframe.Client, limit: 2<<20 + wsHeader, early: early}, nil
}
