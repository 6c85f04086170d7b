package transport

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/confab-chat/confab/websocket"
)

// opened is a connection that is up.
type opened struct {
	conn  net.Conn
	names []string // that the peer has proved to have
	early []byte   // what came behind the handshake
}

// upgrade makes a WebSocket of a connection that was opened to an endpoint (RFC
// 6455 §4.1, RFC 7118 §4.1), and closes it if that fails. [COM-15]
func (l *Layer) upgrade(ctx context.Context, up *opened, to endpoint) error {
	early, err := websocket.Open(ctx, up.conn, websocket.Request{
		Host: hostHeader(to), Path: l.cfg.WebSocketPath, Subprotocol: subprotocol,
	})
	if errors.Is(err, websocket.ErrRefused) {
		err = fmt.Errorf("%w: %w", ErrHandshake, err)
	}
	up.early = early
	return err
}

// hostHeader is the Host of a handshake.
func hostHeader(to endpoint) string {
	host := to.host
	if host == "" {
		host = to.addr.Addr().WithZone("").String()
	}
	if to.addr.Port() == defaultPort(to.transport) {
		if strings.Contains(host, ":") {
			return "[" + host + "]"
		}
		return host
	}
	return net.JoinHostPort(host, strconv.Itoa(int(to.addr.Port())))
}
