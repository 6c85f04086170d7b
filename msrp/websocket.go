package msrp

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/coder/websocket"
)

// subprotocol is the one of MSRP over WebSocket (RFC 7977 §4.1).
const subprotocol = "msrp"

// What a WebSocket message may hold.
const (
	wsChunk  = 16 << 10 // octets of a body that we put into one, since some peers parse in one go [WS-04]
	wsHeader = 16 << 10 // what a message has besides the content it carries
)

// WebSocketOptions say who may open a WebSocket. The zero value serves browsers
// of the same origin, and peers that are no browsers.
type WebSocketOptions struct {
	// Origins are patterns of further hosts, or of scheme://host, whose pages may
	// connect. [WS-07]
	Origins []string
	// MaxMessage is the largest message that any session of the endpoint takes;
	// 1 MiB. [WS-04]
	MaxMessage int64
}

// WebSocket serves MSRP over WebSocket (RFC 7977) at whatever address and path
// the handler is put. The handshake needs no credentials: the session URI is the
// secret. Where it is not encrypted by this or another server in front of it,
// the address must be reached from this machine only. [WS-01] [!WS-06]
func (ep *Endpoint) WebSocket(o WebSocketOptions) http.Handler {
	setDefault(&o.MaxMessage, 1<<20)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !offersMSRP(r.Header) {
			http.Error(w, "the subprotocol msrp is required", http.StatusBadRequest) // [WS-01]
			return
		}
		if origin := r.Header.Get("Origin"); origin != "" {
			w.Header().Set("Access-Control-Allow-Origin", origin) // [WS-07]
		}
		h := &hijacker{ResponseWriter: w}
		ws, err := websocket.Accept(h, r, &websocket.AcceptOptions{
			Subprotocols: []string{subprotocol}, OriginPatterns: o.Origins,
		})
		if err != nil {
			ep.cfg.Log.DebugContext(r.Context(), "msrp websocket refused", "remote", r.RemoteAddr, "reason", err)
			return
		}
		ws.SetReadLimit(o.MaxMessage + wsHeader)
		if _, err := ep.start(&webConn{wire: h.wire, ws: ws}, true, ""); err != nil { //nolint:contextcheck // the connection outlives the request
			ep.cfg.Log.DebugContext(r.Context(), "msrp connection refused", "remote", r.RemoteAddr, "reason", err)
		}
	})
}

func offersMSRP(h http.Header) bool {
	for _, line := range h.Values("Sec-WebSocket-Protocol") {
		for word := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(word), subprotocol) {
				return true
			}
		}
	}
	return false
}

// hijacker gives the WebSocket library a connection of ours.
type hijacker struct {
	http.ResponseWriter

	wire *wire
}

// Hijack implements http.Hijacker.
func (h *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	nc, rw, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	if err := nc.SetDeadline(time.Time{}); err != nil {
		return nil, nil, err
	}
	h.wire = &wire{guarded: guarded{Conn: nc}}
	rw.Writer.Reset(h.wire)
	return h.wire, rw, nil
}

// ConnectWebSocket is like Connect, but opens a WebSocket to a URL, ws or wss, or
// shares one: where the peer's path has the transport ws, it does not say how it
// is reached. RFC 7977 §5.
func (s *Session) ConnectWebSocket(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "ws" && u.Scheme != "wss" {
		return errNoPath
	}
	s.mu.Lock()
	known, prints := len(s.remote) > 0, s.prints
	s.mu.Unlock()
	if s.ended.Load() {
		return ErrClosed
	}
	if !known {
		return errNoPath
	}
	s.Await()
	to := target{web: address, prints: strongest(prints)}
	if !s.ep.spawn(func() { s.connect(to) }) {
		return ErrShutdown
	}
	return nil
}

// dialWeb opens a WebSocket.
func (ep *Endpoint) dialWeb(to target) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ep.life, ep.cfg.DialTotal)
	defer cancel()
	var w *wire
	open := func(ctx context.Context, network, address string, secure bool) (net.Conn, error) {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		nc, err := ep.cfg.Dial(ctx, network, address)
		if err == nil && secure {
			nc, err = ep.secure(ctx, nc, &target{name: host, prints: to.prints, service: true})
		}
		if err != nil {
			return nil, err
		}
		w = &wire{guarded: guarded{Conn: nc}, client: true}
		return w, nil
	}
	ws, resp, err := websocket.Dial(ctx, to.web, &websocket.DialOptions{
		Subprotocols: []string{subprotocol},
		HTTPClient: &http.Client{Transport: &http.Transport{
			DialContext:    func(ctx context.Context, n, a string) (net.Conn, error) { return open(ctx, n, a, false) },
			DialTLSContext: func(ctx context.Context, n, a string) (net.Conn, error) { return open(ctx, n, a, true) },
		}},
	})
	if resp != nil && resp.Body != nil {
		_ = resp.Body.Close()
	}
	if err != nil {
		return nil, err
	}
	if ws.Subprotocol() != subprotocol {
		return nil, errors.Join(errNoPath, ws.CloseNow()) // [WS-01]
	}
	ws.SetReadLimit(2<<20 + wsHeader)
	return &webConn{wire: w, ws: ws}, nil
}

// webConn is a connection that carries each MSRP message in a WebSocket message
// of its own. Reads and writes of messages go by way of ws; what net.Conn has
// besides is about the stream below.
type webConn struct {
	*wire

	ws      *websocket.Conn
	code    websocket.StatusCode // why we close, 1000 unless set; owned by the reader
	pinged  int64                // guarded by the connection's mu
	pinging bool                 // guarded by the connection's mu
}

// CloseWrite says goodbye and ends our direction, after all that was due.
// RFC 6455 §5.5.1. [WS-11]
func (w *webConn) CloseWrite() error {
	code := w.code
	if code == 0 {
		code = websocket.StatusNormalClosure
	}
	if err := w.goodbye(code); err != nil {
		return err
	}
	if nc, ok := w.Conn.(interface{ CloseWrite() error }); ok {
		return nc.CloseWrite()
	}
	return nil
}

// goodbye writes a close frame unless one has been written.
func (w *wire) goodbye(code websocket.StatusCode) error {
	frame := []byte{0x80 | opClose, 2}
	if w.client {
		frame = []byte{0x80 | opClose, 0x80 | 2, 0, 0, 0, 0} // RFC 6455 §5.3: a mask, of whatever value
	}
	if !w.mu.TryLock() { // a write does not come to an end: no use in waiting
		return ErrStalled
	}
	defer w.mu.Unlock()
	if w.closing {
		return nil
	}
	w.closing = true
	if err := w.Conn.SetWriteDeadline(time.Now().Add(time.Second)); err != nil {
		return err
	}
	_, err := w.Conn.Write(binary.BigEndian.AppendUint16(frame, uint16(code))) //nolint:gosec // codes have four digits
	return err
}

// opClose is the opcode of a close frame.
const opClose = 8

// isCloseFrame reports whether p, as the library hands it over, is one.
func isCloseFrame(p []byte) bool { return len(p) >= 2 && p[0] == 0x80|opClose && len(p) <= 2+4+125 }
