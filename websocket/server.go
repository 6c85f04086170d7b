package websocket

import (
	"bytes"
	"maps"
	"net"
	"net/http"
	"time"
)

// Server says who may open a WebSocket, and what for.
type Server struct {
	Subprotocol string // which the client has to offer
	// Secure says that the server is reached by HTTPS.
	Secure bool
	// Origins are web origins, such as https://chat.example.test, whose pages may
	// connect besides those of the server itself.
	Origins []string
}

// Refusal is the answer to a handshake that is not accepted.
type Refusal struct {
	Status int
	Reason string
	Header http.Header // further fields, such as WWW-Authenticate
}

// Answer writes the refusal.
func (f *Refusal) Answer(w http.ResponseWriter) {
	maps.Copy(w.Header(), f.Header)
	if f.Status == http.StatusUpgradeRequired {
		w.Header().Set("Upgrade", "websocket")
		w.Header().Set("Sec-Websocket-Version", version)
	}
	http.Error(w, f.Reason, f.Status)
}

// Check returns what is wrong with a handshake (RFC 6455 §4.2.1), or nil.
func (s *Server) Check(r *http.Request) *Refusal {
	keys := r.Header.Values("Sec-Websocket-Key")
	switch {
	case r.Method != http.MethodGet:
		return &Refusal{Status: http.StatusMethodNotAllowed, Reason: "WebSocket begins with GET"}
	case !asksFor(r.Header), r.Header.Get("Sec-Websocket-Version") != version:
		return &Refusal{Status: http.StatusUpgradeRequired, Reason: "WebSocket version " + version + " is served here"}
	case len(keys) != 1 || !validKey(keys[0]):
		return &Refusal{Status: http.StatusBadRequest, Reason: "Sec-WebSocket-Key is missing or malformed"}
	case !hasToken(r.Header, "Sec-Websocket-Protocol", s.Subprotocol):
		return &Refusal{Status: http.StatusBadRequest, Reason: "the subprotocol " + s.Subprotocol + " is required"}
	case !s.allows(r):
		return &Refusal{Status: http.StatusForbidden, Reason: "pages of this origin may not connect"}
	}
	return nil
}

// Accept takes the connection of a handshake that has been checked over from the
// HTTP server, which may end before it, and answers within a time. It returns the
// connection and what has come behind the handshake. Where that fails nothing
// remains to be answered or closed.
func (s *Server) Accept(w http.ResponseWriter, r *http.Request, within time.Duration) (conn net.Conn, early []byte, err error) {
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, "no WebSocket here", http.StatusInternalServerError)
		return nil, nil, err
	}
	early, err = buffered.Reader.Peek(buffered.Reader.Buffered())
	if err == nil {
		err = conn.SetDeadline(time.Now().Add(within))
	}
	if err == nil {
		_, err = conn.Write(s.acceptance(r.Header))
	}
	if err == nil {
		err = conn.SetDeadline(time.Time{})
	}
	if err != nil {
		_ = conn.Close()
		return nil, nil, err
	}
	return conn, bytes.Clone(early), nil // without the buffer around it
}

// acceptance is the answer to a handshake (RFC 6455 §4.2.2). A page of an origin
// that may connect is told so, as RFC 7977 §7 says.
func (s *Server) acceptance(request http.Header) []byte {
	b := []byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: " + AcceptKey(request.Get("Sec-Websocket-Key")) + "\r\n" +
		"Sec-WebSocket-Protocol: " + s.Subprotocol + "\r\n")
	if origin := request.Get("Origin"); origin != "" {
		b = append(b, "Access-Control-Allow-Origin: "+origin+"\r\n"...)
	}
	return append(b, "\r\n"...)
}
