package msrp

import (
	"strings"
	"sync"
	"testing"
)

// spy keeps what a tap sees.
type spy struct {
	mu   sync.Mutex
	seen []string
}

func (s *spy) tap(e TapEvent) {
	s.mu.Lock()
	defer s.mu.Unlock()
	way := "in "
	if e.Out {
		way = "out "
	}
	s.seen = append(s.seen, way+e.Transport+" "+string(e.Octets))
}

func (s *spy) find(t *testing.T, parts ...string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.seen {
		all := true
		for _, p := range parts {
			all = all && strings.Contains(m, p)
		}
		if all {
			return
		}
	}
	t.Errorf("nothing seen with %q", parts)
}

// TestTap: every message is shown whole, once, in both directions; what is secret
// is not.
func TestTap(t *testing.T) {
	var client, server spy
	p := pairOn(t, newEndpoint(t, Config{Tap: client.tap}), listening(t, Config{Tap: server.tap}), SessionConfig{}, SessionConfig{})
	queue(t, p.client, text("short"), 1)
	queue(t, p.client, Message{ContentType: "text/plain", Body: pattern(30 << 10)}, 2)
	for range 2 {
		wait(t, p.atServ.messages, "message")
		wait(t, p.fromClient.sent, "outcome")
	}
	for s, way := range map[*spy]string{&client: "out tcp ", &server: "in tcp "} {
		s.find(t, way, " SEND\r\n", "Byte-Range: 1-0/0", "$\r\n")
		s.find(t, way, "\r\n\r\nshort\r\n-------")
		s.find(t, way, string(pattern(30<<10)))
		s.mu.Lock()
		for _, m := range s.seen {
			if _, frame, _ := strings.Cut(m, "MSRP "); strings.Count(m, "MSRP ") != 1 || !strings.HasSuffix(frame, "\r\n") {
				t.Errorf("seen: %.200q", m)
			}
		}
		s.mu.Unlock()
	}
	client.find(t, "in tcp ", " 200 OK\r\n")
}

// TestTapOverWebSocket: the same, without frames and masks.
func TestTapOverWebSocket(t *testing.T) {
	var client, server spy
	p, _ := webPairOn(t, newEndpoint(t, Config{Tap: client.tap}), newEndpoint(t, Config{Tap: server.tap, Lookup: noLookup(t)}), SessionConfig{})
	for ref, body := range []string{"short", string(pattern(10 << 10)), string(pattern(30 << 10))} {
		queue(t, p.client, text(body), uint64(ref))
		queue(t, p.server, text(body), uint64(ref))
		wait(t, p.fromClient.sent, "outcome")
		wait(t, p.atServ.sent, "outcome")
	}
	for _, s := range []*spy{&client, &server} {
		s.find(t, "out ws MSRP ", "\r\n\r\nshort\r\n-------")
		s.find(t, "in ws MSRP ", "\r\n\r\n"+string(pattern(10<<10))+"\r\n-------")
		s.find(t, "out ws MSRP ", "Byte-Range: 1-*/30720\r\n", "+\r\n")
		s.mu.Lock()
		for _, m := range s.seen {
			if _, frame, _ := strings.Cut(m, " ws MSRP "); frame == "" || strings.Contains(frame, "MSRP ") || !strings.HasSuffix(frame, "\r\n") {
				t.Errorf("seen: %.200q", m)
			}
		}
		s.mu.Unlock()
	}
}

// TestTapRedacts: the credentials of a user behind a relay are not shown.
func TestTapRedacts(t *testing.T) {
	var seen spy
	r := newRelayRig(t, 1)
	client := newEndpoint(t, Config{Tap: seen.tap, ClientTLS: r.client.cfg.ClientTLS})
	s := newSession(t, client, SessionConfig{Handler: newRecorder(), Secure: true, Port: 9})
	if err := r.use(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	seen.find(t, "out tls ", " AUTH\r\n", `username="alice"`, `response="***"`)
	seen.find(t, "in tls ", " 401 ", `nonce="***"`)
	seen.find(t, "in tls ", " 200 ", "Use-Path: ")
}
