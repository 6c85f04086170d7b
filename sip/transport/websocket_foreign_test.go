package transport_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
)

// coder opens a WebSocket with the library of others.
func coder(t *testing.T, at netip.AddrPort) *websocket.Conn {
	t.Helper()
	ws, _, err := websocket.Dial(t.Context(), "ws://"+at.String()+"/sip", //nolint:bodyclose // there is none
		&websocket.DialOptions{Subprotocols: []string{"sip"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ws.CloseNow() })
	return ws
}

// say sends a message to the server and returns the answer.
func say(t *testing.T, ws *websocket.Conn, kind websocket.MessageType, text string) (websocket.MessageType, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := ws.Write(ctx, kind, []byte(text)); err != nil {
		t.Fatal(err)
	}
	kind, answer, err := ws.Read(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return kind, string(answer)
}

// A client library of others gets its answers, whatever frames it likes.
func TestForeignWebSocketClient(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "COM-02", "COM-03", "COM-15", "COM-17")
	s := newServer(t, transport.Config{})
	ws := coder(t, webServer(t, s, transport.WebSocketOptions{}))
	plain := message("OPTIONS", "ws", "a.invalid", 1)
	tests := []struct {
		name, text string
		kind       websocket.MessageType
		status     string
	}{
		{"text", plain, websocket.MessageText, "SIP/2.0 200 "},
		{"binary", plain, websocket.MessageBinary, "SIP/2.0 200 "},
		{"without Content-Length", strings.Replace(plain, "Content-Length: 0\r\n", "", 1), websocket.MessageText, "SIP/2.0 200 "},
		{"line ends before", "\r\n" + plain, websocket.MessageText, "SIP/2.0 200 "},
		{"malformed", strings.Replace(plain, "From: ", "Form: ", 1), websocket.MessageText, "SIP/2.0 400 "},
		{"short", strings.Replace(plain, "Length: 0", "Length: 5", 1), websocket.MessageText, "SIP/2.0 400 "},
		{"sound again", plain, websocket.MessageText, "SIP/2.0 200 "},
		{"keep-alive", "\r\n\r\n", websocket.MessageText, "\r\n"},
	}
	for _, tt := range tests {
		kind, answer := say(t, ws, tt.kind, tt.text)
		if !strings.HasPrefix(answer, tt.status) || kind != websocket.MessageText {
			t.Errorf("%s: %v %q", tt.name, kind, answer)
		}
	}
	w, err := ws.Writer(t.Context(), websocket.MessageText)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{plain[:5], plain[5:50], plain[50:]} {
		write(t, w, part)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, answer, err := ws.Read(t.Context()); err != nil || !strings.HasPrefix(string(answer), "SIP/2.0 200 ") {
		t.Errorf("in fragments: %q %v", answer, err)
	}
	reading := ws.CloseRead(t.Context())
	if err := ws.Ping(t.Context()); err != nil {
		t.Errorf("ping: %v", err)
	}
	shutdown(t, s.Layer)
	<-reading.Done()
	if _, _, err := ws.Read(t.Context()); err == nil {
		t.Error("open after shutdown")
	}
}

// Octets that are no text travel in a binary frame.
func TestBinaryBody(t *testing.T) {
	t.Parallel()
	s := newServer(t, transport.Config{})
	ws := coder(t, webServer(t, s, transport.WebSocketOptions{}))
	if _, answer := say(t, ws, websocket.MessageText, message("OPTIONS", "ws", "a.invalid", 1)); answer == "" {
		t.Fatal("no answer")
	}
	done, sent := outcome()
	s.SendRequest(options("\xff\xfe"), s.sources[0].Target(), done)
	if err := wait(t, sent); err != nil {
		t.Fatal(err)
	}
	kind, text, err := ws.Read(t.Context())
	if err != nil || kind != websocket.MessageBinary || !strings.HasSuffix(string(text), "\r\n\r\n\xff\xfe") {
		t.Errorf("%v %q %v", kind, text, err)
	}
	if !strings.Contains(string(text), "Via: SIP/2.0/WS 127.0.0.1:") {
		t.Errorf("Via: %q", text)
	}
}

// What belongs to a WebSocket client goes over its connection and no other way.
func TestWebSocketClientIsGone(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "COM-16")
	s := newServer(t, transport.Config{})
	ws := coder(t, webServer(t, s, transport.WebSocketOptions{}))
	say(t, ws, websocket.MessageText, message("OPTIONS", "ws", "192.0.2.1:5060", 1))
	_ = ws.CloseNow()
	src := s.sources[0]
	wait(t, src.Flow.Done())
	for name, send := range map[string]func(func(error)){
		"response": func(done func(error)) { s.SendResponse(sipmsg.NewResponse(s.requests[0], 200, ""), src, done) },
		"request":  func(done func(error)) { s.SendRequest(options(""), src.Target(), done) },
		"request by address": func(done func(error)) {
			s.SendRequest(options(""), transport.Target{Transport: "ws", Addr: src.Remote}, done)
		},
	} {
		done, sent := outcome()
		send(done)
		if err := wait(t, sent); !errors.Is(err, transport.ErrFlowGone) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if c := s.Counters(); c.Dialed != 0 {
		t.Errorf("%d connections were dialed", c.Dialed)
	}
}

// foreign is a WebSocket server of others that answers each message with what
// reply makes of it.
func foreign(t *testing.T, subprotocol string, reply func(string) string) netip.AddrPort {
	t.Helper()
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/sip" {
			http.NotFound(w, r)
			return
		}
		ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{subprotocol}})
		if err != nil {
			return
		}
		defer func() { _ = ws.CloseNow() }()
		for {
			_, text, err := ws.Read(r.Context())
			if err != nil {
				return
			}
			if err := ws.Write(r.Context(), websocket.MessageText, []byte(reply(string(text)))); err != nil {
				return
			}
		}
	}))
	t.Cleanup(web.Close)
	return netip.MustParseAddrPort(web.Listener.Addr().String())
}

// okTo makes a 200 of a request.
func okTo(request string) string {
	m, err := sipmsg.ParseDatagram([]byte(request), sipmsg.Limits{})
	if req, ok := m.(*sipmsg.Request); ok && err == nil {
		return string(sipmsg.NewResponse(req, 200, "").Append(nil))
	}
	return "\r\n"
}

func TestForeignWebSocketServer(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "COM-15")
	s := newServer(t, transport.Config{WebSocketPath: "/sip", PingInterval: time.Millisecond})
	var via string
	at := foreign(t, "sip", func(request string) string {
		via = strings.Split(request, "\r\n")[1]
		return okTo(request)
	})
	done, sent := outcome()
	s.SendRequest(options("hello"), transport.Target{Transport: "ws", Addr: at}, done)
	if err := wait(t, sent); err != nil {
		t.Fatal(err)
	}
	s.await(t, 0, 1)
	if want := "Via: SIP/2.0/WS " + s.Nowhere() + ";branch="; !strings.HasPrefix(via, want) {
		t.Errorf("sent %q, want %q", via, want)
	}
	s.SendRequest(options("again"), transport.Target{Transport: "ws", Addr: at}, nil)
	s.await(t, 0, 2)
	if c := s.Counters(); c.Dialed != 1 {
		t.Errorf("%d connections for one server", c.Dialed)
	}
}

func TestWebSocketServerRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ subprotocol, path string }{
		"another subprotocol": {"msrp", "/sip"},
		"another path":        {"sip", "/ws"},
	}
	for name, tt := range tests {
		s := newServer(t, transport.Config{WebSocketPath: tt.path})
		done, sent := outcome()
		s.SendRequest(options(""), transport.Target{Transport: "ws", Addr: foreign(t, tt.subprotocol, okTo)}, done)
		if err := wait(t, sent); !errors.Is(err, transport.ErrHandshake) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
