package msrp

import (
	"net/http"
	"strings"
	"time"

	"github.com/confab-chat/confab/sip/wsframe"
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
	// Secure says that the handler is served by HTTPS.
	Secure bool
	// Origins are web origins, such as https://chat.example.test, whose pages may
	// connect besides those of the server itself. [WS-07]
	Origins []string
	// MaxMessage is the largest message that any session of the endpoint takes;
	// 1 MiB. [WS-04]
	MaxMessage int64
}

// WebSocket serves MSRP over WebSocket (RFC 7977) at whatever address and path
// the handler is put. The handshake needs no credentials: the session URI is the
// secret. Where it is not encrypted by this or another server in front of it,
// the address must be reached from this machine only. The connections are the
// endpoint's, also after the HTTP server has ended. [WS-01] [!WS-06]
func (ep *Endpoint) WebSocket(o WebSocketOptions) http.Handler {
	setDefault(&o.MaxMessage, 1<<20)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status, text := checkUpgrade(r)
		if status == 0 && !o.allows(r) {
			status, text = http.StatusForbidden, "pages of this origin may not connect"
		}
		if status == http.StatusUpgradeRequired {
			w.Header().Set("Upgrade", "websocket")
			w.Header().Set("Sec-Websocket-Version", "13")
		}
		if status != 0 {
			http.Error(w, text, status)
			return
		}
		if err := ep.serveWeb(w, r, o.MaxMessage+wsHeader); err != nil { //nolint:contextcheck // the connection outlives the request
			ep.cfg.Log.DebugContext(r.Context(), "msrp connection refused", "remote", r.RemoteAddr, "reason", err)
		}
	})
}

// checkUpgrade reports what is wrong with a handshake (RFC 6455 §4.2.1, RFC 7977
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
		return http.StatusBadRequest, "the subprotocol msrp is required" // [WS-01]
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

// serveWeb takes the connection over from the HTTP server.
func (ep *Endpoint) serveWeb(w http.ResponseWriter, r *http.Request, limit int64) error {
	nc, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, "no WebSocket here", http.StatusInternalServerError)
		return err
	}
	early, err := buffered.Reader.Peek(buffered.Reader.Buffered())
	if err == nil {
		err = nc.SetDeadline(time.Now().Add(ep.cfg.HandshakeTimeout))
	}
	if err == nil {
		_, err = nc.Write(acceptance(r.Header))
	}
	if err == nil {
		err = nc.SetDeadline(time.Time{})
	}
	if err != nil {
		_ = nc.Close()
		return err
	}
	_, err = ep.start(&webConn{guarded: guarded{Conn: nc}, limit: int(limit), early: append([]byte(nil), early...)}, true, "")
	return err
}

// acceptance is the 101 to a handshake. [WS-01] [WS-07]
func acceptance(request http.Header) []byte {
	b := []byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: " + wsframe.AcceptKey(request.Get("Sec-Websocket-Key")) + "\r\n" +
		"Sec-WebSocket-Protocol: " + subprotocol + "\r\n")
	if origin := request.Get("Origin"); origin != "" {
		b = append(b, "Access-Control-Allow-Origin: "+origin+"\r\n"...)
	}
	return append(b, "\r\n"...)
}

// webConn is a connection that carries each MSRP message in a WebSocket message
// of its own. What it has of net.Conn is about the stream below.
type webConn struct {
	guarded

	client bool   // we have opened it: our frames are masked, the peer's are not
	limit  int    // octets of a WebSocket message
	early  []byte // came behind the handshake; owned by the reader

	in webMessage // owned by the reader

	out     *writeLock // guards writes
	code    uint16     // why we close, wsframe.Normal unless set; guarded by the connection's mu
	pinged  int64      // guarded by the connection's mu
	waiting bool       // for a pong; guarded by the connection's mu
}
