package msrp

import (
	"net/http"

	"github.com/confab-chat/confab/websocket"
	"github.com/confab-chat/confab/websocket/wsframe"
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
	// Authenticate finds out who opens a WebSocket, one user as a rule, or gives the
	// answer to refuse or challenge him with. Sessions whose handler is a
	// [Doorkeeper] are asked before such a connection binds them. It may be called
	// by several goroutines at once; nil: nobody has to say who he is. RFC 7977 §7.
	// [WS-06]
	Authenticate func(*http.Request) (users []string, refusal *websocket.Refusal)
}

// WebSocket serves MSRP over WebSocket (RFC 7977) at whatever address and path
// the handler is put. Without [WebSocketOptions].Authenticate the handshake needs no
// credentials: the session URI is the secret, as it is over TCP and TLS. Where it is
// not encrypted by this or another server in front of it, the address must be reached
// from this machine only. The connections are the endpoint's, also after the HTTP
// server has ended. [WS-01] [WS-06]
func (ep *Endpoint) WebSocket(o WebSocketOptions) http.Handler {
	setDefault(&o.MaxMessage, 1<<20)
	server := &websocket.Server{Subprotocol: subprotocol, Secure: o.Secure, Origins: o.Origins}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		refusal := server.Check(r)
		var users []string
		if refusal == nil && o.Authenticate != nil {
			users, refusal = o.Authenticate(r)
		}
		if refusal != nil {
			refusal.Answer(w)
			return
		}
		nc, early, err := server.Accept(w, r, ep.cfg.HandshakeTimeout)
		if err == nil {
			web := &webConn{guarded: guarded{Conn: nc}, role: wsframe.Server, users: users, limit: int(o.MaxMessage + wsHeader), early: early}
			_, err = ep.start(web, true, "") //nolint:contextcheck // the connection outlives the request
		}
		if err != nil {
			ep.cfg.Log.DebugContext(r.Context(), "msrp connection refused", "remote", r.RemoteAddr, "reason", err)
		}
	})
}

// webConn is a connection that carries each MSRP message in a WebSocket message
// of its own. What it has of net.Conn is about the stream below.
type webConn struct {
	guarded

	role  wsframe.Role
	users []string // who opened it has proved to be; nil: nobody asked
	limit int      // octets of a WebSocket message
	early []byte   // came behind the handshake; owned by the reader

	in webMessage // owned by the reader

	out     *writeLock // guards writes
	code    uint16     // why we close, wsframe.Normal unless set; guarded by the connection's mu
	pinged  int64      // guarded by the connection's mu
	waiting bool       // for a pong; guarded by the connection's mu
}
