package transport

import (
	"net"
	"net/http"
	"net/netip"

	"github.com/confab-chat/confab/websocket"
)

// subprotocol is that of SIP over WebSocket (RFC 7118 §4.1).
const subprotocol = "sip"

// WebSocketOptions say who may open a WebSocket.
type WebSocketOptions struct {
	// Origins are web origins, such as https://chat.example.test, whose pages may
	// connect besides those of the server itself.
	Origins []string
}

// WebSocket serves SIP over WebSocket (RFC 7118) at whatever address and path
// the handler is put; secure says that it is HTTPS there. The connections are
// the layer's, also after the HTTP server has ended. [COM-15]
func (l *Layer) WebSocket(secure bool, opts WebSocketOptions) http.Handler {
	transport := WS
	if secure {
		transport = WSS
	}
	server := &websocket.Server{Subprotocol: subprotocol, Secure: secure, Origins: opts.Origins}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if refusal := server.Check(r); refusal != nil {
			l.count.upgradesRefused.Add(1)
			refusal.Answer(w)
			return
		}
		l.serveWebSocket(w, r, server, transport)
	})
}

// serveWebSocket takes the connection over from the HTTP server.
func (l *Layer) serveWebSocket(w http.ResponseWriter, r *http.Request, server *websocket.Server, transport string) {
	remote, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		http.Error(w, "no address", http.StatusInternalServerError)
		return
	}
	s := newStream(l, endpoint{transport: transport, addr: unmap(remote)}, false)
	s.through = proxied(r.Header) || server.Foreign(r)
	if r.TLS != nil {
		s.names = proven(*r.TLS)
	}
	if !l.enter(s) {
		w.Header().Set("Retry-After", "30")
		http.Error(w, "too many connections", http.StatusServiceUnavailable)
		return
	}
	conn, early, err := server.Accept(w, r, l.cfg.WriteTimeout)
	if err != nil {
		s.end(err)
		return
	}
	s.early = early
	if !s.up(conn, s.names) {
		return
	}
	l.offer(s)
	if !l.start(s.read) {
		s.end(ErrClosed)
	}
}

// up gives a stream its connection and starts to write what waits for it. It
// reports false if the stream was closed meanwhile.
func (s *stream) up(conn net.Conn, names []string) bool {
	s.mu.Lock()
	dead := s.phase != phaseOpen
	if !dead {
		s.conn, s.addr, s.names = conn, addrPort(conn.LocalAddr()), names
	}
	flush := !dead && s.out.size() > 0
	s.writing = flush
	s.mu.Unlock()
	if dead {
		_ = conn.Close()
		return false
	}
	if flush && !s.layer.start(s.flush) {
		s.end(ErrClosed)
		return false
	}
	return true
}

// proxied reports whether an HTTP proxy says that it stands in between. [D-46]
func proxied(h http.Header) bool {
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip", "Via"} {
		if len(h.Values(name)) > 0 {
			return true
		}
	}
	return false
}
