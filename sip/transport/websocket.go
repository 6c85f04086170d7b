package transport

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/confab-chat/confab/sip/wsframe"
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
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status, text := checkUpgrade(r)
		if status == 0 && !opts.allows(r, secure) {
			status, text = http.StatusForbidden, "pages of this origin may not connect"
		}
		if status == http.StatusUpgradeRequired {
			w.Header().Set("Upgrade", "websocket")
			w.Header().Set("Sec-WebSocket-Version", "13")
		}
		if status != 0 {
			l.count.upgradesRefused.Add(1)
			http.Error(w, text, status)
			return
		}
		origin := r.Header.Get("Origin")
		through := proxied(r.Header) || origin != "" && !ownOrigin(origin, r, secure)
		l.serveWebSocket(w, r, transport, through)
	})
}

// checkUpgrade reports what is wrong with a handshake (RFC 6455 §4.2.1, RFC 7118
// §4.1), or 0.
func checkUpgrade(r *http.Request) (status int, text string) {
	keys := r.Header.Values("Sec-Websocket-Key")
	switch {
	case r.Method != http.MethodGet:
		return http.StatusMethodNotAllowed, "WebSocket begins with GET"
	case !hasToken(r.Header, "Connection", "upgrade") || !hasToken(r.Header, "Upgrade", "websocket"),
		r.Header.Get("Sec-Websocket-Version") != "13":
		return http.StatusUpgradeRequired, "WebSocket version 13 is served here"
	case len(keys) != 1 || !wsframe.ValidKey(keys[0]):
		return http.StatusBadRequest, "Sec-WebSocket-Key is missing or malformed"
	case !hasToken(r.Header, "Sec-Websocket-Protocol", subprotocol):
		return http.StatusBadRequest, "the subprotocol sip is required"
	}
	return 0, ""
}

// hasToken reports whether a list header has a token, in whatever case.
func hasToken(h http.Header, name, token string) bool {
	for _, line := range h.Values(name) {
		for word := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(word), token) {
				return true
			}
		}
	}
	return false
}

// serveWebSocket takes the connection over from the HTTP server.
func (l *Layer) serveWebSocket(w http.ResponseWriter, r *http.Request, transport string, through bool) {
	remote, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		http.Error(w, "no address", http.StatusInternalServerError)
		return
	}
	s := newStream(l, endpoint{transport: transport, addr: unmap(remote)}, false)
	s.through = through
	if r.TLS != nil {
		s.names = proven(*r.TLS)
	}
	if !l.enter(s) {
		w.Header().Set("Retry-After", "30")
		http.Error(w, "too many connections", http.StatusServiceUnavailable)
		return
	}
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		s.end(err)
		http.Error(w, "no WebSocket here", http.StatusInternalServerError)
		return
	}
	if early, err := buffered.Reader.Peek(buffered.Reader.Buffered()); err == nil && len(early) > 0 {
		s.early = append(s.early, early...)
	}
	_ = conn.SetDeadline(time.Now().Add(l.cfg.WriteTimeout)) // the write tells
	if _, err := conn.Write(acceptance(r.Header.Get("Sec-Websocket-Key"))); err != nil {
		_ = conn.Close()
		s.end(err)
		return
	}
	_ = conn.SetDeadline(time.Time{})
	if !s.up(conn, s.names) {
		return
	}
	l.offer(s)
	if !l.start(s.read) {
		s.end(ErrClosed)
	}
}

func acceptance(key string) []byte {
	return []byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: " + wsframe.AcceptKey(key) + "\r\n" +
		"Sec-WebSocket-Protocol: " + subprotocol + "\r\n\r\n")
}

// up gives a stream its connection and starts to write what waits for it. It
// reports false if the stream was closed meanwhile.
func (s *stream) up(conn net.Conn, names []string) bool {
	s.mu.Lock()
	dead := s.phase != phaseOpen
	if !dead {
		s.conn, s.addr, s.names = conn, addrPort(conn.LocalAddr()), names
	}
	flush := !dead && len(s.out) > 0
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
