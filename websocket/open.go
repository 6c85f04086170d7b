package websocket

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
	"strings"
	"time"
)

// maxAnswer bounds the answer to a handshake of ours, in octets.
const maxAnswer = 16 << 10

// ErrRefused says that the peer has not agreed to a WebSocket.
var ErrRefused = errors.New("websocket: refused")

// StatusError is the ErrRefused of a server that has answered with a status other
// than 101.
type StatusError struct {
	Status string // as "401 Unauthorized"
	Code   int
	Header http.Header
}

// Error gives the status.
func (e *StatusError) Error() string { return ErrRefused.Error() + ": " + e.Status }

// Unwrap makes it an ErrRefused.
func (e *StatusError) Unwrap() error { return ErrRefused }

// Request is what a client asks for.
type Request struct {
	Host        string      // with the port, unless it is that of the scheme
	Path        string      // with the query, if there is one
	Subprotocol string      // which the server has to agree to
	Header      http.Header // further fields, such as Authorization
}

// Open makes a WebSocket of a connection to a server (RFC 6455 §4.1) and returns
// what has come behind the server's answer. The connection is closed if that fails
// or ctx ends first. The error is an ErrRefused if the server has answered
// otherwise, and then as a rule a [*StatusError].
func Open(ctx context.Context, conn net.Conn, want Request) (early []byte, err error) {
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	early, err = shake(conn, want)
	if !stop() && err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return early, nil
}

func shake(conn net.Conn, want Request) (early []byte, err error) {
	random := make([]byte, keySize)
	_, _ = rand.Read(random) // it never fails
	key := base64.StdEncoding.EncodeToString(random)
	if _, err = io.WriteString(conn, want.text(key)); err != nil {
		return nil, err
	}
	in := bufio.NewReader(io.LimitReader(conn, maxAnswer))
	resp, err := http.ReadResponse(in, nil)
	if err != nil {
		return nil, errors.Join(ErrRefused, err)
	}
	_ = resp.Body.Close()
	h := resp.Header
	switch {
	case resp.StatusCode != http.StatusSwitchingProtocols:
		return nil, &StatusError{Status: resp.Status, Code: resp.StatusCode, Header: h}
	case !asksFor(h), h.Get("Sec-Websocket-Accept") != AcceptKey(key):
		return nil, fmt.Errorf("%w: no WebSocket server", ErrRefused)
	case !strings.EqualFold(h.Get("Sec-Websocket-Protocol"), want.Subprotocol):
		return nil, fmt.Errorf("%w: not the subprotocol %s", ErrRefused, want.Subprotocol)
	case h.Get("Sec-Websocket-Extensions") != "":
		return nil, fmt.Errorf("%w: an extension that was not offered", ErrRefused)
	}
	return in.Peek(in.Buffered())
}

// text is the request with its key. RFC 6455 §4.1.
func (want *Request) text(key string) string {
	var b strings.Builder
	b.WriteString("GET " + want.Path + " HTTP/1.1\r\nHost: " + want.Host + "\r\n" +
		"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: " + version + "\r\n" +
		"Sec-WebSocket-Key: " + key + "\r\nSec-WebSocket-Protocol: " + want.Subprotocol + "\r\n")
	_ = want.Header.Write(&b) // a Builder takes everything
	b.WriteString("\r\n")
	return b.String()
}
