package msrp

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/confab-chat/confab/sip/wsframe"
)

// maxUpgrade bounds the answer to a handshake of ours, in octets.
const maxUpgrade = 16 << 10

var errHandshake = errors.New("msrp: WebSocket handshake failed")

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

// upgrade makes a WebSocket of a connection, and closes it if that fails
// (RFC 6455 §4.1, RFC 7977 §4.1). [WS-01]
func (ep *Endpoint) upgrade(ctx context.Context, nc net.Conn, to *target) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, ep.cfg.HandshakeTimeout)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = nc.SetDeadline(time.Unix(1, 0)) })
	early, err := shake(nc, to.web)
	if !stop() && err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		_ = nc.Close()
		return nil, err
	}
	g, ok := nc.(*guarded)
	if !ok {
		g = &guarded{Conn: nc}
	}
	return &webConn{guarded: guarded{Conn: g.Conn}, client: true, limit: 2<<20 + wsHeader, early: early}, nil
}

func shake(nc net.Conn, u *url.URL) (early []byte, err error) {
	random := make([]byte, 16)
	_, _ = rand.Read(random) // it never fails
	key := base64.StdEncoding.EncodeToString(random)
	path := u.RequestURI()
	if _, err = io.WriteString(nc, "GET "+path+" HTTP/1.1\r\nHost: "+u.Host+"\r\n"+
		"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: "+key+"\r\nSec-WebSocket-Protocol: "+subprotocol+"\r\n\r\n"); err != nil {
		return nil, err
	}
	in := bufio.NewReader(io.LimitReader(nc, maxUpgrade))
	resp, err := http.ReadResponse(in, nil)
	if err != nil {
		return nil, errors.Join(errHandshake, err)
	}
	_ = resp.Body.Close()
	h := resp.Header
	switch {
	case resp.StatusCode != http.StatusSwitchingProtocols:
		return nil, fmt.Errorf("%w: %s", errHandshake, resp.Status)
	case !hasToken(h, "Connection", "upgrade"), !hasToken(h, "Upgrade", "websocket"),
		h.Get("Sec-Websocket-Accept") != wsframe.AcceptKey(key):
		return nil, fmt.Errorf("%w: no WebSocket server", errHandshake)
	case !strings.EqualFold(h.Get("Sec-Websocket-Protocol"), subprotocol), h.Get("Sec-Websocket-Extensions") != "":
		return nil, fmt.Errorf("%w: not the subprotocol msrp", errHandshake)
	}
	return in.Peek(in.Buffered())
}
