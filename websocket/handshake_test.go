package websocket_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/websocket"
)

// patience is how long a peer of a test may take.
const patience = time.Minute

// serve puts a server of WebSockets on the loopback interface; each is handed to
// use, with what came early.
func serve(t *testing.T, server *websocket.Server, use func(net.Conn, []byte)) *httptest.Server {
	t.Helper()
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if refusal := server.Check(r); refusal != nil {
			refusal.Answer(w)
			return
		}
		conn, early, err := server.Accept(w, r, patience)
		if err != nil {
			t.Error(err)
			return
		}
		defer func() { _ = conn.Close() }()
		use(conn, early)
	}))
	t.Cleanup(web.Close)
	return web
}

// dial connects to a server of net/http.
func dial(t *testing.T, web *httptest.Server) net.Conn {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", web.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// Both sides agree, and what either sends at once is not lost.
func TestBothSides(t *testing.T) {
	t.Parallel()
	web := serve(t, &websocket.Server{Subprotocol: "msrp"}, func(conn net.Conn, early []byte) {
		rest := make([]byte, len("ping")-len(early))
		if _, err := io.ReadFull(conn, rest); err != nil || string(early)+string(rest) != "ping" {
			t.Errorf("%q, then %q, %v", early, rest, err)
		}
		_, _ = io.WriteString(conn, "pong")
	})
	conn := dial(t, web)
	early, err := websocket.Open(t.Context(), conn, websocket.Request{
		Host: web.Listener.Addr().String(), Path: "/talk?to=me", Subprotocol: "MSRP",
	})
	if err != nil || len(early) > 0 {
		t.Fatalf("%q, %v", early, err)
	}
	if _, err := io.WriteString(conn, "ping"); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(conn); string(got) != "pong" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

// A client that does not wait for the answer, with its octets in one segment.
func TestEarlyOctets(t *testing.T) {
	t.Parallel()
	web := serve(t, &websocket.Server{Subprotocol: "sip"}, func(conn net.Conn, early []byte) {
		_, _ = conn.Write(early)
		_, _ = io.CopyN(conn, conn, int64(len("behind")-len(early)))
	})
	conn := dial(t, web)
	if _, err := io.WriteString(conn, knock(web.Listener.Addr().String())+"behind"); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(conn)
	if _, body, _ := strings.Cut(string(got), "\r\n\r\n"); body != "behind" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

// TestAnswers has servers that are none, or not what was asked for.
func TestAnswers(t *testing.T) {
	t.Parallel()
	const good = "HTTP/1.1 101 Fine\r\nUpgrade: WebSocket\r\nConnection: keep-alive, upgrade\r\nSec-WebSocket-Accept: KEY\r\nSec-WebSocket-Protocol: sip\r\n\r\n"
	tests := []struct {
		name, from, to string // what is replaced in the good answer
		early          string
		refused        bool
	}{
		{name: "good"},
		{name: "with octets behind it", from: "sip\r\n\r\n", to: "sip\r\n\r\nhello", early: "hello"},
		{name: "other status", from: "101 Fine", to: "200 OK", refused: true},
		{name: "no HTTP", from: good, to: "SSH-2.0\r\n", refused: true},
		{name: "nothing", from: good, to: "", refused: true},
		{name: "endless", from: good, to: "HTTP/1.1 101 Fine\r\nX: " + strings.Repeat("x", 20<<10) + "\r\n\r\n", refused: true},
		{name: "not upgraded", from: "Upgrade: WebSocket\r\n", refused: true},
		{name: "other upgrade", from: "Upgrade: WebSocket", to: "Upgrade: h2c", refused: true},
		{name: "no connection", from: "Connection: keep-alive, upgrade\r\n", refused: true},
		{name: "another key", from: "KEY", to: "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", refused: true},
		{name: "another subprotocol", from: "Protocol: sip", to: "Protocol: msrp", refused: true},
		{name: "no subprotocol", from: "Sec-WebSocket-Protocol: sip\r\n", refused: true},
		{name: "extension", from: "Sec-WebSocket-Protocol", to: "Sec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Protocol", refused: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ours, theirs := net.Pipe()
			answered := make(chan struct{})
			go func() {
				defer close(answered)
				defer func() { _ = theirs.Close() }()
				req, err := http.ReadRequest(bufio.NewReader(theirs))
				if err != nil {
					t.Error(err)
					return
				}
				answer := strings.Replace(good, tt.from, tt.to, 1)
				_, _ = io.WriteString(theirs, strings.Replace(answer, "KEY", websocket.AcceptKey(req.Header.Get("Sec-Websocket-Key")), 1))
			}()
			early, err := websocket.Open(t.Context(), ours, websocket.Request{Host: "a.test", Path: "/", Subprotocol: "sip"})
			if errors.Is(err, websocket.ErrRefused) != tt.refused || string(early) != tt.early {
				t.Errorf("%q, %v", early, err)
			}
			if !tt.refused && err != nil {
				t.Error(err)
			}
			_ = ours.Close()
			<-answered
			if _, err := ours.Write([]byte("x")); tt.refused && !errors.Is(err, io.ErrClosedPipe) {
				t.Errorf("not closed: %v", err)
			}
		})
	}
}

// A server that says nothing is waited for until the context ends.
func TestOpenEndsWithContext(t *testing.T) {
	t.Parallel()
	ours, theirs := net.Pipe()
	defer func() { _ = theirs.Close() }()
	ctx, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("no time")
	go func() {
		_, _ = http.ReadRequest(bufio.NewReader(theirs))
		cancel(reason)
	}()
	if _, err := websocket.Open(ctx, ours, websocket.Request{Host: "a.test", Path: "/", Subprotocol: "sip"}); err == nil {
		t.Error("opened")
	}
	if _, err := ours.Write(nil); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("not closed: %v", err)
	}
}

// RFC 6455 §1.3.
func TestAcceptKey(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{
		"dGhlIHNhbXBsZSBub25jZQ==": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
		"aW1zLWV4YW1wbGUta2V5MQ==": "ZihQ5PYGjpROaUPJjXhzFP1diZY=",
	} {
		if got := websocket.AcceptKey(key); got != want {
			t.Errorf("%s: %s", key, got)
		}
	}
}

// knock is the handshake of a client of SIP; see [testnet.Knock].
func knock(host string, changes ...string) string {
	return testnet.Knock("/", "sip", host, changes...)
}

// A challenge has its fields, and so has the answer to it.
func TestChallenge(t *testing.T) {
	t.Parallel()
	server := &websocket.Server{Subprotocol: "msrp"}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Digest response" {
			refusal := websocket.Refusal{Status: http.StatusUnauthorized, Reason: "who?", Header: http.Header{"Www-Authenticate": {"Digest one", "Digest two"}}}
			refusal.Answer(w)
			return
		}
		if conn, _, err := server.Accept(w, r, patience); err == nil {
			_ = conn.Close()
		}
	}))
	t.Cleanup(web.Close)
	want := websocket.Request{Host: web.Listener.Addr().String(), Path: "/", Subprotocol: "msrp"}
	_, err := websocket.Open(t.Context(), dial(t, web), want)
	refused := (*websocket.StatusError)(nil)
	if !errors.As(err, &refused) || !errors.Is(err, websocket.ErrRefused) || refused.Code != http.StatusUnauthorized || len(refused.Header.Values("WWW-Authenticate")) != 2 {
		t.Fatalf("%v", err)
	}
	want.Header = http.Header{"Authorization": {"Digest response"}}
	if _, err := websocket.Open(t.Context(), dial(t, web), want); err != nil {
		t.Error(err)
	}
}
