package transport

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
	"strconv"
	"strings"
	"time"

	"github.com/confab-chat/confab/sip/wsframe"
)

// maxUpgrade bounds the answer to a handshake of ours, in octets.
const maxUpgrade = 16 << 10

// opened is a connection that is up.
type opened struct {
	conn  net.Conn
	names []string // that the peer has proved to have
	early []byte   // what came behind the handshake
}

// upgrade makes a WebSocket of a connection that was opened to an endpoint (RFC
// 6455 §4.1, RFC 7118 §4.1), and closes it if that fails. [COM-15]
func (l *Layer) upgrade(ctx context.Context, up *opened, to endpoint) error {
	conn := up.conn
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	early, err := shake(conn, hostHeader(to), l.cfg.WebSocketPath)
	if err == nil && !stop() {
		err = context.Cause(ctx)
	}
	if err != nil {
		stop()
		_ = conn.Close()
		return err
	}
	up.early = early
	return nil
}

func shake(conn net.Conn, host, path string) (early []byte, err error) {
	random := make([]byte, 16)
	_, _ = rand.Read(random) // it never fails
	key := base64.StdEncoding.EncodeToString(random)
	if _, err = io.WriteString(conn, "GET "+path+" HTTP/1.1\r\nHost: "+host+"\r\n"+
		"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: "+key+"\r\nSec-WebSocket-Protocol: "+subprotocol+"\r\n\r\n"); err != nil {
		return nil, err
	}
	in := bufio.NewReader(io.LimitReader(conn, maxUpgrade))
	resp, err := http.ReadResponse(in, nil)
	if err != nil {
		return nil, errors.Join(ErrHandshake, err)
	}
	_ = resp.Body.Close()
	h := resp.Header
	switch {
	case resp.StatusCode != http.StatusSwitchingProtocols:
		return nil, fmt.Errorf("%w: %s", ErrHandshake, resp.Status)
	case !hasToken(h, "Connection", "upgrade"), !hasToken(h, "Upgrade", "websocket"),
		h.Get("Sec-Websocket-Accept") != wsframe.AcceptKey(key):
		return nil, fmt.Errorf("%w: no WebSocket server", ErrHandshake)
	case !strings.EqualFold(h.Get("Sec-Websocket-Protocol"), subprotocol), h.Get("Sec-Websocket-Extensions") != "":
		return nil, fmt.Errorf("%w: not the subprotocol sip", ErrHandshake)
	}
	return in.Peek(in.Buffered())
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
