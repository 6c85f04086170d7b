package msrp

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/msrp/msrpwire"
)

// webServer serves ep over WebSocket and returns its URL.
func webServer(t *testing.T, ep *Endpoint, o WebSocketOptions) string {
	t.Helper()
	srv := httptest.NewServer(ep.WebSocket(o))
	t.Cleanup(srv.Close)
	return "ws" + strings.TrimPrefix(srv.URL, "http")
}

// webPair are sessions bound to each other over WebSocket. The client's path
// names a host that nobody looks up.
func webPair(t *testing.T, serverCfg SessionConfig) (pair, string) {
	t.Helper()
	return webPairOn(t, newEndpoint(t, Config{}), newEndpoint(t, Config{Lookup: noLookup(t)}), serverCfg)
}

func webPairOn(t *testing.T, client, server *Endpoint, serverCfg SessionConfig) (pair, string) {
	t.Helper()
	url := webServer(t, server, WebSocketOptions{})
	return webPairAt(t, url, client, server, serverCfg), url
}

// webPairAt is webPairOn for a server that has a URL already.
func webPairAt(t *testing.T, url string, client, server *Endpoint, serverCfg SessionConfig) pair {
	t.Helper()
	p := pair{fromClient: newRecorder(), atServ: newRecorder()}
	serverCfg.Handler, serverCfg.WebSocket, serverCfg.Host, serverCfg.Port = p.atServ, true, "conf.example", 443
	var err error
	if p.client, err = client.NewSession(SessionConfig{Handler: p.fromClient, WebSocket: true}); err != nil {
		t.Fatal(err)
	}
	if p.server, err = server.NewSession(serverCfg); err != nil {
		t.Fatal(err)
	}
	p.client.SetRemote([]msrpwire.URI{p.server.URI()})
	p.server.SetRemote([]msrpwire.URI{p.client.URI()})
	if err := p.client.ConnectWebSocket(url); err != nil {
		t.Fatal(err)
	}
	wait(t, p.fromClient.bound, "bind of the client")
	wait(t, p.atServ.bound, "bind of the server")
	return p
}

func noLookup(t *testing.T) func(context.Context, string) ([]netip.Addr, error) {
	t.Helper()
	return func(_ context.Context, host string) ([]netip.Addr, error) {
		t.Errorf("lookup of %s", host)
		return nil, io.EOF
	}
}

func TestWebSocketBothWays(t *testing.T) {
	p, _ := webPair(t, SessionConfig{})
	if host := p.client.URI().Host; !strings.HasSuffix(host, ".invalid") || p.client.URI().Transport != "ws" {
		t.Errorf("URI of the client: %s", p.client.URI())
	}
	for n, body := range map[uint64][]byte{1: []byte("hello"), 2: pattern(2048), 3: pattern(2049), 4: pattern(100 << 10), 5: {0xff, 0, 0x80}} {
		m := Message{ContentType: "application/octet-stream", Body: body}
		queue(t, p.client, m, n)
		if in := wait(t, p.atServ.messages, "message"); !bytes.Equal(in.Body(), body) {
			t.Errorf("message %d: %d octets at the server", n, len(in.Body()))
		}
		if o := wait(t, p.fromClient.sent, "outcome"); o.ref != n || o.err != nil {
			t.Errorf("outcome %+v", o)
		}
		queue(t, p.server, m, n)
		if in := wait(t, p.fromClient.messages, "message"); !bytes.Equal(in.Body(), body) {
			t.Errorf("message %d: %d octets at the client", n, len(in.Body()))
		}
		if o := wait(t, p.atServ.sent, "outcome"); o.ref != n || o.err != nil {
			t.Errorf("outcome %+v", o)
		}
	}
	conform.Covers(t, "WS-05")
}

// TestWebSocketShared: sessions to the same URL share the connection, and their
// frames do not lose their bounds when one of them ends.
func TestWebSocketShared(t *testing.T) {
	p, url := webPair(t, SessionConfig{})
	other, h, from := newRecorder(), newRecorder(), p.client.ep
	s, err := from.NewSession(SessionConfig{Handler: other, WebSocket: true})
	if err != nil {
		t.Fatal(err)
	}
	peer, err := p.server.ep.NewSession(SessionConfig{Handler: h, WebSocket: true, Host: "conf.example", Port: 443})
	if err != nil {
		t.Fatal(err)
	}
	s.SetRemote([]msrpwire.URI{peer.URI()})
	peer.SetRemote([]msrpwire.URI{s.URI()})
	if err := s.ConnectWebSocket(url); err != nil {
		t.Fatal(err)
	}
	wait(t, other.bound, "bind")
	if s.conn.Load() != p.client.conn.Load() {
		t.Error("another connection was opened")
	}
	for i := range uint64(200) {
		queue(t, s, text("dropped perhaps"), i)
		queue(t, p.client, text("kept"), i)
	}
	s.Close()
	for range 200 {
		if in := wait(t, p.atServ.messages, "message"); string(in.Body()) != "kept" {
			t.Fatalf("got %q", in.Body())
		}
	}
}

func TestWebSocketHandshake(t *testing.T) {
	ep := newEndpoint(t, Config{})
	srv := httptest.NewServer(ep.WebSocket(WebSocketOptions{Origins: []string{"https://chat.example", "https://a.friends.example"}}))
	defer srv.Close()
	own := srv.URL
	for name, test := range map[string]struct {
		protocol, origin, host string
		status                 int
	}{
		"no origin":               {protocol: "msrp", status: 101},
		"own origin":              {protocol: "msrp", origin: own, status: 101},
		"listed":                  {protocol: "msrp", origin: "https://chat.example", status: 101},
		"pattern":                 {protocol: "msrp", origin: "https://a.friends.example", status: 101},
		"pattern, other scheme":   {protocol: "msrp", origin: "http://a.friends.example", status: 403},
		"name that was made ours": {protocol: "msrp", origin: "http://evil.example", host: "evil.example", status: 403},
		"foreign":                 {protocol: "msrp", origin: "https://evil.example", status: 403},
		"no subprotocol":          {status: 400},
		"another subprotocol":     {protocol: "sip", status: 400},
		"one of several":          {protocol: "sip, msrp", status: 101},
	} {
		t.Run(name, func(t *testing.T) {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL, nil)
			if err != nil {
				t.Fatal(err)
			}
			for name, value := range map[string]string{
				"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
				"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol": test.protocol, "Origin": test.origin,
			} {
				if value != "" {
					req.Header.Set(name, value)
				}
			}
			req.Host = test.host
			resp, err := http.DefaultTransport.RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = resp.Body.Close() }()
			if resp.StatusCode != test.status {
				t.Fatalf("status %d, want %d", resp.StatusCode, test.status)
			}
			if test.status != 101 {
				return
			}
			if got := resp.Header.Get("Sec-WebSocket-Protocol"); got != "msrp" {
				t.Errorf("subprotocol %q", got)
			}
			if got := resp.Header.Get("Access-Control-Allow-Origin"); got != test.origin {
				t.Errorf("Access-Control-Allow-Origin %q, want %q", got, test.origin)
			}
		})
	}
	conform.Covers(t, "WS-01")
}

// webPeer speaks WebSocket frame by frame.
type webPeer struct {
	t  *testing.T
	nc net.Conn
	r  *bufio.Reader
}

const webRoom, webAlice = "msrps://conf.example:443/abcdefgh;ws", "msrps://alice.invalid:2855/peer;ws"

// webExample is an endpoint with alice's session, and a connection to it.
func webExample(t *testing.T, cfg SessionConfig, o WebSocketOptions) (*recorder, *Session, *webPeer) {
	t.Helper()
	ep := newEndpoint(t, Config{KeepAlive: -1})
	h := newRecorder()
	cfg.Handler, cfg.WebSocket = h, true
	s := fixedSession(t, ep, cfg, webRoom, webAlice)
	addr := strings.TrimPrefix(webServer(t, ep, o), "ws://")
	p := &webPeer{t: t, nc: dial(t, addr)}
	p.r = bufio.NewReader(p.nc)
	_, _ = io.WriteString(p.nc, "GET / HTTP/1.1\r\nHost: "+addr+"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: msrp\r\n\r\n")
	resp, err := http.ReadResponse(p.r, nil) //nolint:bodyclose // there is none
	if err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("handshake: %v %v", resp, err)
	}
	return h, s, p
}

func (p *webPeer) write(b []byte) {
	p.t.Helper()
	if _, err := p.nc.Write(b); err != nil {
		p.t.Fatal(err)
	}
}

const (
	opText, opBinary, opClose, opPing, opPong = 1, 2, 8, 9, 10
	fin                                       = 0x80
)

// webFrame is a masked frame.
func webFrame(first byte, payload string) []byte {
	b := []byte{first}
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(n))
	}
	mask := []byte{1, 2, 3, 4}
	b = append(b, mask...)
	for i := range len(payload) {
		b = append(b, payload[i]^mask[i%4])
	}
	return b
}

// next reads a frame of the server, which is neither masked nor a fragment.
func (p *webPeer) next() (opcode byte, payload string) {
	p.t.Helper()
	_ = p.nc.SetReadDeadline(time.Now().Add(patience))
	var head [2]byte
	if _, err := io.ReadFull(p.r, head[:]); err != nil {
		p.t.Fatalf("no frame: %v", err)
	}
	if head[0]&0xf0 != fin || head[1]&0x80 != 0 {
		p.t.Fatalf("frame begins with %x", head)
	}
	size := uint64(head[1])
	switch size {
	case 126:
		var n uint16
		_ = binary.Read(p.r, binary.BigEndian, &n)
		size = uint64(n)
	case 127:
		_ = binary.Read(p.r, binary.BigEndian, &size)
	}
	body := make([]byte, size)
	if _, err := io.ReadFull(p.r, body); err != nil {
		p.t.Fatal(err)
	}
	return head[0] & 15, string(body)
}

// ok expects a 200 in a message of its own.
func (p *webPeer) ok() {
	p.t.Helper()
	op, s := p.next()
	line, _, _ := strings.Cut(s, "\r\n")
	if op != opText || !strings.HasSuffix(line, " 200 OK") || strings.Count(s, "MSRP ") != 1 {
		p.t.Fatalf("want one 200, got opcode %d and %q", op, s)
	}
}

// closed expects a close frame with that code, and nothing behind it.
func (p *webPeer) closed(code uint16) {
	p.t.Helper()
	op, s := p.next()
	if op != opClose || len(s) < 2 || binary.BigEndian.Uint16([]byte(s)) != code {
		p.t.Fatalf("want close %d, got opcode %d and %q", code, op, s)
	}
	if rest, err := io.ReadAll(p.r); len(rest) > 0 || err != nil && !errors.Is(err, io.EOF) && !strings.Contains(err.Error(), "reset") {
		p.t.Errorf("after the close frame: %q, %v", rest, err)
	}
}

func webSend(id, body string) string {
	s := "MSRP t" + id + " SEND\r\nTo-Path: " + webRoom + "\r\nFrom-Path: " + webAlice + "\r\nMessage-ID: m" + id + "\r\n"
	if body != "" {
		s += "Content-Type: text/plain\r\n\r\n" + body + "\r\n"
	}
	return s + "-------t" + id + "$\r\n"
}

// TestWebSocketFrames: text, binary and any fragments are the same message, and
// controls in between are served.
func TestWebSocketFrames(t *testing.T) {
	h, _, p := webExample(t, SessionConfig{}, WebSocketOptions{})
	p.write(webFrame(fin|opText, webSend("0001", "")))
	p.ok()
	const body = "Grüße \u20ac"
	for i, whole := range []byte{opText, opBinary} {
		s := webSend(fmt.Sprintf("100%d", i), body)
		p.write(webFrame(fin|whole, s))
		p.ok()
		if in := wait(t, h.messages, "message"); string(in.Body()) != body {
			t.Errorf("got %q", in.Body())
		}
		// In fragments of an octet, with an empty one and a ping in between.
		s = webSend(fmt.Sprintf("200%d", i), body)
		p.write(webFrame(whole, ""))
		for at := range len(s) {
			p.write(webFrame(0, s[at:at+1]))
			if at == len(s)/2 {
				p.write(webFrame(fin|opPing, "are you there"))
				if op, payload := p.next(); op != opPong || payload != "are you there" {
					t.Fatalf("ping answered with opcode %d, %q", op, payload)
				}
			}
		}
		p.write(webFrame(fin, ""))
		p.ok()
		if in := wait(t, h.messages, "message"); string(in.Body()) != body {
			t.Errorf("got %q", in.Body())
		}
	}
	conform.Covers(t, "WS-09")
}

// TestWebSocketViolations: what breaks the framing closes with its code, and of
// an incomplete message nothing is handed over.
func TestWebSocketViolations(t *testing.T) {
	send := webSend("0002", "hello")
	for name, test := range map[string]struct {
		octets []byte
		code   uint16
	}{
		"two messages":            {octets: webFrame(fin|opText, send+send), code: 1002},
		"trailing octets":         {octets: webFrame(fin|opText, send+"x"), code: 1002},
		"part of a message":       {octets: webFrame(fin|opText, send[:len(send)-4]), code: 1002},
		"nothing":                 {octets: webFrame(fin|opText, ""), code: 1002},
		"not masked":              {octets: append([]byte{fin | opText, byte(len("x"))}, 'x'), code: 1002},
		"reserved bit":            {octets: webFrame(fin|0x40|opText, send), code: 1002},
		"continuation at first":   {octets: webFrame(fin, send), code: 1002},
		"message inside message":  {octets: append(webFrame(opText, send), webFrame(fin|opText, send)...), code: 1002},
		"text that is not UTF-8":  {octets: webFrame(fin|opText, webSend("0002", "\xff\xfe")), code: 1007},
		"text ends in character":  {octets: webFrame(fin|opText, webSend("0002", "\xe2\x82")), code: 1007},
		"too large":               {octets: webFrame(fin|opText, webSend("0002", strings.Repeat("x", 200<<10))), code: 1009},
		"too large, in fragments": {octets: append(webFrame(opText, webSend("0002", strings.Repeat("x", 100))[:250]), webFrame(fin, strings.Repeat("x", 200<<10))...), code: 1009},
	} {
		t.Run(name, func(t *testing.T) {
			h, _, p := webExample(t, SessionConfig{}, WebSocketOptions{MaxMessage: 100 << 10})
			p.write(webFrame(fin|opText, webSend("0001", "")))
			p.ok()
			p.write(test.octets)
			p.closed(test.code)
			if len(h.messages) > 0 {
				t.Error("a message is handed over")
			}
			if err := wait(t, h.ended, "end of the session"); err == nil {
				t.Error("ended without a reason")
			}
		})
	}
	conform.Covers(t, "WS-02", "WS-10")
}

// TestWebSocketChunks: a large message leaves in chunks of 16 KiB, the first
// with a disposition, each in a message of its own; text where that is possible.
func TestWebSocketChunks(t *testing.T) {
	_, s, p := webExample(t, SessionConfig{Whole: true}, WebSocketOptions{})
	p.write(webFrame(fin|opText, webSend("0001", "")))
	p.ok()
	body := strings.Repeat("€", 100<<10/3)
	queue(t, s, Message{ContentType: "text/plain", Body: []byte(body)}, 1)
	var got strings.Builder
	texts, chunks := 0, 0
	for ; ; chunks++ {
		op, frame := p.next()
		head, content, _ := strings.Cut(frame, "\r\n\r\n")
		if (chunks == 0) != strings.Contains(head, "\r\nContent-Disposition: inline\r\nContent-Type: text/plain") {
			t.Errorf("chunk %d begins\n%s", chunks, head)
		}
		if op == opText {
			texts++
		}
		content, end, _ := strings.Cut(content, "\r\n-------")
		if len(content) > 16<<10 {
			t.Errorf("chunk %d has %d octets", chunks, len(content))
		}
		got.WriteString(content)
		if strings.HasSuffix(end, "$\r\n") {
			break
		}
	}
	if got.String() != body || chunks != 6 {
		t.Errorf("%d octets in %d chunks", got.Len(), chunks+1)
	}
	if texts == 0 || texts == chunks+1 {
		t.Errorf("%d of %d chunks are text, though some are cut inside a character", texts, chunks+1)
	}
	conform.Covers(t, "WS-03", "WS-04")
}

// TestWebSocketGathers: messages of 4 KiB leave many in a write, each in a frame of
// its own, and a response waits for no more of them than that.
func TestWebSocketGathers(t *testing.T) {
	_, s, p := webExample(t, SessionConfig{Window: 1000}, WebSocketOptions{})
	p.write(webFrame(fin|opText, webSend("0001", "")))
	p.ok()
	const messages = 100
	body := strings.Repeat("x", 4<<10)
	c := s.conn.Load()
	c.mu.Lock() // the writer waits, whatever the machine does
	for ref := range uint64(messages) {
		sh, err := Prepare(text(body))
		if err == nil {
			err = c.enqueue(s, sh, ref)
		}
		if err != nil {
			t.Error(err)
		}
	}
	waiting := c.out.octets
	c.mu.Unlock()
	if waiting < blockLarge || waiting > blockLarge+2*len(body) {
		t.Errorf("%d octets would stand before a response", waiting)
	}
	p.write(webFrame(fin|opText, webSend("0002", "")))
	for got := 0; got < messages; {
		_, frame := p.next()
		if strings.Contains(frame, " 200 OK\r\n") {
			continue
		}
		if !strings.Contains(frame, "Byte-Range: 1-*/4096\r\n") || !strings.Contains(frame, body+"\r\n-------") {
			t.Fatalf("message %d: %.300q", got, frame)
		}
		got++
	}
	conform.Covers(t, "WS-02")
}

// TestWebSocketClose: what was due goes out first, then the close frame; a
// message that is cut by one of the peer is dropped.
func TestWebSocketClose(t *testing.T) {
	h, s, p := webExample(t, SessionConfig{}, WebSocketOptions{})
	h.hold = true
	p.write(webFrame(fin|opText, webSend("0001", "hello")))
	in := wait(t, h.messages, "message")
	done := make(chan error, 1)
	go func() { done <- s.ep.Shutdown(context.Background()) }()
	if err := wait(t, h.ended, "end of the session"); !errors.Is(err, ErrShutdown) {
		t.Errorf("ended with %v", err)
	}
	in.Accept()
	p.ok()
	if op, code := p.next(); op != opClose || binary.BigEndian.Uint16([]byte(code)) != 1000 {
		t.Errorf("opcode %d, %q", op, code)
	}
	_ = p.nc.Close()
	if err := wait(t, done, "end of the shutdown"); err != nil {
		t.Error(err)
	}

	h, _, p = webExample(t, SessionConfig{}, WebSocketOptions{})
	p.write(webFrame(fin|opText, webSend("0001", "")))
	p.ok()
	p.write(webFrame(opText, webSend("0002", "hello")[:150]))
	p.write(webFrame(fin|opClose, "\x03\xe8"))
	p.closed(uint16(websocket.StatusNormalClosure))
	if err := wait(t, h.ended, "end of the session"); !errors.Is(err, ErrEnd) {
		t.Errorf("ended with %v", err)
	}
	if len(h.messages) > 0 {
		t.Error("half a message is handed over")
	}
	conform.Covers(t, "WS-11")
}

// TestWebSocketPing: a peer that answers pings stays, and one that does not has failed.
func TestWebSocketPing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ep := timedEndpoint(t, Config{KeepAlive: -1})
		h := newRecorder()
		fixedSession(t, ep, SessionConfig{Handler: h, WebSocket: true}, webRoom, webAlice)
		near, far := net.Pipe()
		if _, err := ep.start(&webConn{guarded: guarded{Conn: far}, limit: 1 << 16}, true, ""); err != nil {
			t.Fatal(err)
		}
		p := &webPeer{t: t, nc: near, r: bufio.NewReader(near)}
		p.write(webFrame(fin|opText, webSend("0001", "")))
		p.ok()
		for range 20 { // longer than any timeout
			if op, _ := p.next(); op != opPing {
				t.Fatalf("opcode %d", op)
			}
			p.write(webFrame(fin|opPong, ""))
		}
		if op, _ := p.next(); op != opPing {
			t.Fatalf("opcode %d", op)
		}
		pause(59 * time.Second)
		if len(h.ended) > 0 {
			t.Fatal("ended too early")
		}
		pause(3 * time.Second)
		if err := due(t, h.ended, "end of the session"); !errors.Is(err, ErrNoAnswer) {
			t.Errorf("ended with %v", err)
		}
	})
	conform.Covers(t, "WS-07")
}

// TestForeignPong: the pong of a library of others is taken for an answer, or no second
// ping would come.
func TestForeignPong(t *testing.T) {
	ep := newEndpoint(t, Config{KeepAlive: -1, Ping: time.Second})
	h := newRecorder()
	fixedSession(t, ep, SessionConfig{Handler: h, WebSocket: true}, webRoom, webAlice)
	pings := make(chan struct{}, 16)
	ws, _, err := websocket.Dial(t.Context(), webServer(t, ep, WebSocketOptions{}), &websocket.DialOptions{ //nolint:bodyclose // the library's
		Subprotocols: []string{"msrp"},
		OnPingReceived: func(context.Context, []byte) bool {
			pings <- struct{}{}
			return true
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ws.CloseNow() }()
	if err = ws.Write(t.Context(), websocket.MessageText, []byte(webSend("0001", ""))); err != nil {
		t.Fatal(err)
	}
	wait(t, h.bound, "bind")
	go func() { // reading answers the pings
		for err == nil {
			_, _, err = ws.Read(t.Context())
		}
	}()
	for range 2 {
		wait(t, pings, "ping")
	}
}
