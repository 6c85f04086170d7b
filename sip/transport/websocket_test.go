package transport_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
	"github.com/confab-chat/confab/websocket/wsframe"
)

// webServer puts the WebSocket handler of a layer on a server of net/http.
func webServer(t *testing.T, s *server, opts transport.WebSocketOptions) netip.AddrPort {
	t.Helper()
	web := httptest.NewServer(s.WebSocket(false, opts))
	t.Cleanup(web.Close)
	return netip.MustParseAddrPort(web.Listener.Addr().String())
}

// knock is a handshake for SIP; see [testnet.Knock].
func knock(host string, changes ...string) string {
	return testnet.Knock("/sip", "sip", host, changes...)
}

func TestWebSocketHandshake(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "COM-15", "COM-22")
	s := newServer(t, transport.Config{})
	at := webServer(t, s, transport.WebSocketOptions{Origins: []string{"https://chat.example.test"}})
	host := at.String()
	port := host[strings.LastIndex(host, ":"):]
	tests := []struct {
		name    string
		changes []string
		status  int
	}{
		{"as it should be", nil, 101},
		{"several subprotocols", []string{"Sec-WebSocket-Protocol: msrp, SIP"}, 101},
		{"no subprotocol", []string{"Sec-WebSocket-Protocol"}, 400},
		{"another subprotocol", []string{"Sec-WebSocket-Protocol: msrp"}, 400},
		{"no key", []string{"Sec-WebSocket-Key"}, 400},
		{"short key", []string{"Sec-WebSocket-Key: YQ=="}, 400},
		{"old version", []string{"Sec-WebSocket-Version: 8"}, 426},
		{"no upgrade", []string{"Upgrade"}, 426},
		{"connection closes", []string{"Connection: close"}, 426},
		{"own origin", []string{"Origin: http://" + host}, 101},
		{"own origin by name", []string{"Host: localhost" + port, "Origin: http://LOCALHOST" + port}, 101},
		{"listed origin", []string{"Origin: https://chat.example.test"}, 101},
		{"foreign origin", []string{"Origin: https://evil.example"}, 403},
		{"listed host, other scheme", []string{"Origin: http://chat.example.test"}, 403},
		{"own host, other scheme", []string{"Origin: https://" + host}, 403},
		{"other port", []string{"Origin: http://127.0.0.1:1"}, 403},
		{"no page", []string{"Origin: null"}, 403},
		{"foreign name that leads here", []string{"Host: evil.example" + port, "Origin: http://evil.example" + port}, 403},
	}
	for _, tt := range tests {
		conn := dial(t, at)
		write(t, conn, knock(host, tt.changes...))
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		_ = resp.Body.Close()
		if resp.StatusCode != tt.status {
			t.Errorf("%s: %s, want %d", tt.name, resp.Status, tt.status)
		}
		if tt.status == 101 && resp.Header.Get("Sec-WebSocket-Protocol") != "sip" {
			t.Errorf("%s: subprotocol %q", tt.name, resp.Header.Get("Sec-WebSocket-Protocol"))
		}
	}
	conn := dial(t, at)
	write(t, conn, strings.Replace(knock(host), "GET", "POST", 1))
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: %s", resp.Status)
	}
}

// greeted opens a WebSocket by hand and takes the answer.
func greeted(t *testing.T, at netip.AddrPort) (*net.TCPConn, *bufio.Reader) {
	t.Helper()
	conn := dial(t, at)
	write(t, conn, knock(at.String()))
	in := bufio.NewReader(conn)
	resp, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("handshake: %s", resp.Status)
	}
	return conn, in
}

// masked is a frame of a client.
func masked(op wsframe.Opcode, payload string) string {
	return string(wsframe.AppendFrame(nil, op, []byte(payload), &[4]byte{1, 2, 3, 4}))
}

// readFrame reads a frame of a server.
func readFrame(t *testing.T, in *bufio.Reader) (wsframe.Opcode, string) {
	t.Helper()
	var head []byte
	for {
		b, err := in.ReadByte()
		if err != nil {
			t.Fatalf("after %x: %v", head, err)
		}
		head = append(head, b)
		h, n, err := wsframe.Client.Parse(head, 1<<20)
		if errors.Is(err, wsframe.ErrIncomplete) {
			continue
		}
		if err != nil || n != len(head) {
			t.Fatalf("frame %x: %v", head, err)
		}
		payload := make([]byte, h.Length)
		if _, err := io.ReadFull(in, payload); err != nil {
			t.Fatal(err)
		}
		return h.Opcode, string(payload)
	}
}

// Flow F-J of the catalogue, octet by octet: what RFC 7118 §8 shows, on our terms.
func TestWebSocketTranscript(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "COM-03", "COM-15")
	s := newServer(t, transport.Config{})
	at := webServer(t, s, transport.WebSocketOptions{})
	conn := dial(t, at)
	const invite = "INVITE sip:conf@ims.example SIP/2.0\r\n" +
		"Via: SIP/2.0/WSS k9d2m4.invalid;branch=z9hG4bKw1\r\n" +
		"From: <sip:carol@ims.example>;tag=c1\r\nTo: <sip:conf@ims.example>\r\n" +
		"Call-ID: ws-1\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\n" +
		"Contact: <sip:carol@k9d2m4.invalid;transport=ws>\r\n\r\n"
	write(t, conn, knock(at.String())+masked(wsframe.Text, invite)) // together: nothing gets lost
	want := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: ZihQ5PYGjpROaUPJjXhzFP1diZY=\r\nSec-WebSocket-Protocol: sip\r\n\r\n" +
		"\x81\x7e\x00\xb8SIP/2.0 200 OK\r\n" +
		"Via: SIP/2.0/WSS k9d2m4.invalid;branch=z9hG4bKw1\r\n" +
		"From: <sip:carol@ims.example>;tag=c1\r\nTo: <sip:conf@ims.example>\r\n" +
		"Call-ID: ws-1\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n"
	got := make([]byte, len(want))
	n, err := io.ReadFull(conn, got)
	if string(got[:n]) != want {
		t.Errorf("%v, got\n%q\nwant\n%q", err, got[:n], want)
	}
	_, sources := s.await(t, 1, 0)
	if src := sources[0]; src.Transport != "ws" || src.Flow.Secure() || !src.Flow.Reliable() || src.Proxied {
		t.Errorf("source %+v", src)
	}
}

// A server that goes away says so.
func TestShutdownSaysGoodbye(t *testing.T) {
	t.Parallel()
	s := newServer(t, transport.Config{})
	s.silent = true
	conn, in := greeted(t, webServer(t, s, transport.WebSocketOptions{}))
	write(t, conn, masked(wsframe.Text, message("OPTIONS", "ws", "a.invalid", 1)))
	s.await(t, 1, 0)
	s.answer(0, nil)
	shutdown(t, s.Layer)
	if _, answer := readFrame(t, in); !strings.HasPrefix(answer, "SIP/2.0 200 ") {
		t.Errorf("before it: %q", answer)
	}
	op, payload := readFrame(t, in)
	if code, _, err := wsframe.ParseClose([]byte(payload)); op != wsframe.Close || code != wsframe.GoingAway || err != nil {
		t.Errorf("opcode %d, code %d, %v", op, code, err)
	}
}

// What breaks the framing ends the connection, with the code that says why.
func TestWebSocketFaults(t *testing.T) {
	t.Parallel()
	at := webServer(t, newServer(t, transport.Config{Limits: sipmsg.Limits{HeaderBlock: 1000, Body: 1000}}), transport.WebSocketOptions{})
	part := func(op wsframe.Opcode, final bool, text string) string {
		frame := []byte(masked(op, text))
		if !final {
			frame[0] &^= 0x80
		}
		return string(frame)
	}
	tests := []struct {
		name, octets string
		code         uint16
	}{
		{"without mask", "\x81\x02hi", wsframe.ProtocolError},
		{"reserved bit", "\xc1\x80\x00\x00\x00\x00", wsframe.ProtocolError},
		{"continuation of nothing", part(wsframe.Continuation, true, "x"), wsframe.ProtocolError},
		{"message within another", part(wsframe.Text, false, "x") + part(wsframe.Text, true, "y"), wsframe.ProtocolError},
		{"no UTF-8", masked(wsframe.Text, "\xff"), wsframe.InvalidData},
		{"large frame", masked(wsframe.Binary, strings.Repeat("a", 2001)), wsframe.TooBig},
		{"large message", part(wsframe.Binary, false, strings.Repeat("a", 1500)) + part(wsframe.Continuation, false, strings.Repeat("a", 501)), wsframe.TooBig},
		{"half a close code", masked(wsframe.Close, "\x03"), wsframe.ProtocolError},
		{"close", masked(wsframe.Close, "\x03\xe8bye"), wsframe.Normal},
		{"close without code", masked(wsframe.Close, ""), wsframe.NoStatus},
		{"ping, then close", masked(wsframe.Ping, "are you there") + masked(wsframe.Close, "\x0f\xa0"), 4000},
	}
	for _, tt := range tests {
		conn, in := greeted(t, at)
		write(t, conn, tt.octets)
		op, payload := readFrame(t, in)
		if op == wsframe.Pong {
			if payload != "are you there" {
				t.Errorf("%s: pong %q", tt.name, payload)
			}
			op, payload = readFrame(t, in)
		}
		code, _, err := wsframe.ParseClose([]byte(payload))
		if op != wsframe.Close || code != tt.code || err != nil {
			t.Errorf("%s: opcode %d, code %d, %v", tt.name, op, code, err)
		}
		if _, err := in.ReadByte(); !errors.Is(err, io.EOF) {
			t.Errorf("%s: not closed: %v", tt.name, err)
		}
	}
}

// A stream of frames means the same however it is cut into segments, and a cut in
// the middle of it leaves nothing behind.
func TestWebSocketCutAnywhere(t *testing.T) {
	t.Parallel()
	s := newServer(t, transport.Config{})
	at := webServer(t, s, transport.WebSocketOptions{})
	octets := masked(wsframe.Ping, "x") + masked(wsframe.Text, message("OPTIONS", "ws", "a.invalid", 1))
	conn, in := greeted(t, at)
	for i := range octets {
		write(t, conn, octets[i:i+1])
	}
	if op, _ := readFrame(t, in); op != wsframe.Pong {
		t.Errorf("opcode %d for a ping", op)
	}
	if _, answer := readFrame(t, in); !strings.HasPrefix(answer, "SIP/2.0 200 ") {
		t.Errorf("octet by octet: %q", answer)
	}
	_ = conn.Close()
	for i := 0; i < len(octets)-1; i += 7 {
		conn, _ := greeted(t, at)
		write(t, conn, octets[:i])
		_ = conn.SetLinger(0) // a reset
		_ = conn.Close()
	}
	deadline := time.After(patience)
	for s.Counters().Connections > 0 {
		select {
		case <-deadline:
			t.Fatalf("%d connections are left", s.Counters().Connections)
		default:
			greetedOnce(t, at)
		}
	}
	if requests, _ := s.await(t, 1, 0); len(requests) != 1 {
		t.Errorf("%d requests went up", len(requests))
	}
}

// Fragments are on the account that half-read messages of all connections share,
// and are taken off it again.
func TestFragmentsAreOnTheAccount(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "SEC-02")
	s := newServer(t, transport.Config{Partial: 10_000})
	at := webServer(t, s, transport.WebSocketOptions{})
	fragment := func() (*net.TCPConn, *bufio.Reader) {
		conn, in := greeted(t, at)
		frame := []byte(masked(wsframe.Binary, strings.Repeat("a", 3000)))
		frame[0] &^= 0x80
		write(t, conn, string(frame)+masked(wsframe.Ping, ""))
		return conn, in
	}
	var held []*net.TCPConn
	for range 3 {
		conn, in := fragment()
		if op, _ := readFrame(t, in); op != wsframe.Pong {
			t.Fatalf("opcode %d", op)
		}
		held = append(held, conn)
	}
	if c := s.Counters(); c.Partial != 9000 {
		t.Errorf("%d octets on the account", c.Partial)
	}
	if _, in := fragment(); !closed(in) || s.Counters().PartialRefused != 1 {
		t.Errorf("%+v", s.Counters())
	}
	for _, conn := range held {
		_ = conn.Close()
	}
	deadline := time.After(patience)
	for s.Counters().Partial > 0 {
		select {
		case <-deadline:
			t.Fatalf("%d octets stay on the account", s.Counters().Partial)
		default:
			greetedOnce(t, at)
		}
	}
}

// closed reports whether nothing comes any more.
func closed(in *bufio.Reader) bool {
	_, err := in.ReadByte()
	return err != nil
}

// greetedOnce opens and closes a connection, which gives the server time.
func greetedOnce(t *testing.T, at netip.AddrPort) {
	t.Helper()
	conn := dial(t, at)
	write(t, conn, strings.Replace(knock(at.String()), "sip\r\n", "none\r\n", 1))
	_, _ = io.Copy(io.Discard, io.LimitReader(conn, 10))
	_ = conn.Close()
}

// A peer behind a proxy is not at the address that the proxy has, nor is a page of
// somebody else's at that of the browser it is shown in.
func TestWebSocketOnBehalfOfOthers(t *testing.T) {
	t.Parallel()
	s := newServer(t, transport.Config{})
	at := webServer(t, s, transport.WebSocketOptions{Origins: []string{"https://chat.example.test"}})
	for i, tt := range []struct {
		header  string
		proxied bool
	}{
		{"X-Forwarded-For: 192.0.2.7", true},
		{"Forwarded: for=192.0.2.7", true},
		{"Origin: https://chat.example.test", true},
		{"Origin: http://" + at.String(), false},
		{"User-Agent: none", false},
	} {
		conn := dial(t, at)
		write(t, conn, knock(at.String(), tt.header)+masked(wsframe.Text, message("OPTIONS", "ws", "a.invalid", i)))
		if _, sources := s.await(t, i+1, 0); sources[i].Proxied != tt.proxied {
			t.Errorf("%s: %v", tt.header, sources[i].Proxied)
		}
	}
}
