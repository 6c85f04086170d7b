package websocket_test

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/confab-chat/confab/websocket"
)

// arrived is a handshake as a server sees it that listens at an address.
func arrived(t *testing.T, at, text string) *http.Request {
	t.Helper()
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(text)))
	if err != nil {
		t.Fatal(err)
	}
	addr, err := net.ResolveTCPAddr("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	return r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, net.Addr(addr)))
}

func TestCheck(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change string
		status int // 0: none
	}{
		{"as it should be", "Host: a.test", 0},
		{"several subprotocols", "Sec-WebSocket-Protocol: msrp, SIP", 0},
		{"no subprotocol", "Sec-WebSocket-Protocol", 400},
		{"another subprotocol", "Sec-WebSocket-Protocol: msrp", 400},
		{"no key", "Sec-WebSocket-Key", 400},
		{"short key", "Sec-WebSocket-Key: YQ==", 400},
		{"no base64", "Sec-WebSocket-Key: not base64 at all!!!!!!!", 400},
		{"old version", "Sec-WebSocket-Version: 8", 426},
		{"no version", "Sec-WebSocket-Version", 426},
		{"no upgrade", "Upgrade", 426},
		{"another upgrade", "Upgrade: h2c", 426},
		{"connection closes", "Connection: close", 426},
		{"foreign page", "Origin: https://evil.example", 403},
	}
	server := &websocket.Server{Subprotocol: "sip"}
	for _, tt := range tests {
		refusal := server.Check(arrived(t, "192.0.2.1:80", knock("a.test", tt.change)))
		if refusal == nil {
			refusal = &websocket.Refusal{}
		}
		if refusal.Status != tt.status {
			t.Errorf("%s: %+v, want %d", tt.name, refusal, tt.status)
		}
	}
	post := strings.Replace(knock("a.test"), "GET", "POST", 1)
	if refusal := server.Check(arrived(t, "192.0.2.1:80", post)); refusal == nil || refusal.Status != http.StatusMethodNotAllowed {
		t.Errorf("POST: %+v", refusal)
	}
}

// A client of another version is told which one is served (RFC 6455 §4.4).
func TestRefusal(t *testing.T) {
	t.Parallel()
	for status, version := range map[int]string{http.StatusUpgradeRequired: "13", http.StatusForbidden: ""} {
		w := httptest.NewRecorder()
		(&websocket.Refusal{Status: status, Reason: "no"}).Answer(w)
		if w.Code != status || w.Header().Get("Sec-Websocket-Version") != version {
			t.Errorf("%d: %d, version %q", status, w.Code, w.Header().Get("Sec-Websocket-Version"))
		}
	}
}

func TestOrigins(t *testing.T) {
	t.Parallel()
	const public, loopback = "192.0.2.1:80", "127.0.0.1:80"
	tests := []struct {
		name, at, host string
		secure         bool
		origin         string // lines
		allowed        bool
		foreign        bool
	}{
		{name: "no browser", at: public, host: "a.test", allowed: true},
		{name: "own", at: public, host: "a.test", origin: "http://A.test", allowed: true},
		{name: "own, with the port of the scheme", at: public, host: "a.test:80", origin: "http://a.test", allowed: true},
		{name: "own, other port", at: public, host: "a.test:80", origin: "http://a.test:81", foreign: true},
		{name: "own, secure", at: public, host: "a.test", secure: true, origin: "https://a.test:443", allowed: true},
		{name: "own, not as secure", at: public, host: "a.test", secure: true, origin: "http://a.test", foreign: true},
		{name: "own, more secure than served", at: public, host: "a.test", origin: "https://a.test", foreign: true},
		{name: "listed", at: public, host: "a.test", origin: "https://CHAT.test", allowed: true, foreign: true},
		{name: "listed, other scheme", at: public, host: "a.test", origin: "http://chat.test", foreign: true},
		{name: "foreign", at: public, host: "a.test", origin: "https://evil.test", foreign: true},
		{name: "no page", at: public, host: "a.test", origin: "null", foreign: true},
		{name: "nothing of a URL", at: public, host: "a.test", origin: "http://%", foreign: true},
		{name: "two", at: public, host: "a.test", origin: "http://a.test\r\nOrigin: http://a.test"},
		{name: "this machine by name", at: loopback, host: "conf.localhost:8080", origin: "http://CONF.localhost:8080", allowed: true},
		{name: "this machine by address", at: loopback, host: "127.0.0.1", origin: "http://127.0.0.1", allowed: true},
		{name: "this machine by IPv6", at: "[::1]:80", host: "[::1]", origin: "http://[::1]", allowed: true},
		{name: "a name that leads here", at: loopback, host: "evil.test", origin: "http://evil.test", foreign: true},
		{name: "the same by mapped address", at: "[::ffff:127.0.0.1]:80", host: "evil.test", origin: "http://evil.test", foreign: true},
	}
	for _, tt := range tests {
		server := &websocket.Server{Subprotocol: "sip", Secure: tt.secure, Origins: []string{"https://chat.test"}}
		var changes []string
		if tt.origin != "" {
			changes = append(changes, "Origin: "+tt.origin)
		}
		r := arrived(t, tt.at, knock(tt.host, changes...))
		if refusal := server.Check(r); (refusal == nil) != tt.allowed {
			t.Errorf("%s: %+v", tt.name, refusal)
		}
		if server.Foreign(r) != tt.foreign {
			t.Errorf("%s: foreign %t", tt.name, !tt.foreign)
		}
	}
}
