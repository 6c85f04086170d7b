package msrp

import (
	"errors"
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/msrp/msrpwire"
)

func TestFirstRequestBinds(t *testing.T) {
	tests := []struct {
		name   string
		method string
		fields string
		body   string
		status int // 0: no answer
		bound  bool
	}{
		{"empty SEND", "SEND", "Message-ID: m1\nByte-Range: 1-0/0", "", 200, true},
		{"empty SEND without Byte-Range", "SEND", "Message-ID: m1", "", 200, true},
		{"message", "SEND", "Message-ID: m1", "hello", 200, true},
		{"message of a refused size", "SEND", "Message-ID: m1\nByte-Range: 1-*/99999999", "x", 413, true},
		{"NICKNAME", "NICKNAME", `Use-Nickname: "Ali"`, "", 200, true},
		{"refused NICKNAME", "NICKNAME", `Use-Nickname: "The Owl"`, "", 425, true},
		{"REPORT", "REPORT", "Message-ID: m1\nStatus: 000 200 OK", "", 0, false},
		{"unknown method", "FILE_OFFSET", "", "", 501, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ep := newEndpoint(t, Config{KeepAlive: -1})
			s, h := exampleSession(t, ep, SessionConfig{AcceptTypes: []string{"message/cpim"}})
			p := newPeer(t, ep, "pipe")
			var body []byte
			if tt.body != "" {
				body = []byte(tt.body)
			}
			p.write(p.request(tt.method, tt.fields, body, "$"))
			if tt.status != 0 {
				p.status(tt.status)
			} else {
				p.write(p.requestTo(strings.Replace(roomURI, "kV3x", "none", 1), aliceURI, "SEND", "Message-ID: m9", nil, "$"))
				p.status(481)
			}
			if tt.bound {
				wait(t, h.bound, "bind")
			}
			if got := s.conn.Load() != nil; got != tt.bound {
				t.Errorf("bound: %v, want %v", got, tt.bound)
			}
		})
	}
	conform.Covers(t, "MSRP-CON-03")
}

func TestBindByRefusedType(t *testing.T) {
	ep := newEndpoint(t, Config{KeepAlive: -1})
	_, h := exampleSession(t, ep, SessionConfig{AcceptTypes: []string{"text/plain"}})
	p := newPeer(t, ep, "pipe")
	p.send("Message-ID: m1", "hello", "$")
	p.status(415)
	wait(t, h.bound, "bind")
	conform.Covers(t, "MSRP-CON-03", "MSRP-RCV-12")
}

func TestPathsOfRequests(t *testing.T) {
	tests := []struct {
		name             string
		to, from         string
		strict, tolerant int
	}{
		{"as announced", roomURI, aliceURI, 200, 200},
		{"other host of ours", strings.Replace(roomURI, "conf.ims", "sbc.ims", 1), aliceURI, 481, 200},
		{"other port of ours", strings.Replace(roomURI, "2855", "2900", 1), aliceURI, 481, 200},
		{"no port of ours", strings.Replace(roomURI, ":2855", "", 1), aliceURI, 481, 481},
		{"other scheme", strings.Replace(roomURI, "msrp:", "msrps:", 1), aliceURI, 481, 481},
		{"two URIs", roomURI + " " + roomURI, aliceURI, 481, 481},
		{"foreign session-id", strings.Replace(roomURI, "kV3x", "xxxx", 1), aliceURI, 481, 481},
		{"other host of the peer", roomURI, strings.Replace(aliceURI, "192.0.2.10", "192.0.2.99", 1), 481, 200},
		{"other session-id of the peer", roomURI, strings.Replace(aliceURI, "0pLk", "xxxx", 1), 481, 481},
		{"peer behind a relay", roomURI, "msrp://relay.example:9000/r1;tcp " + aliceURI, 481, 200},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for mode, want := range map[msrpwire.Matching]int{msrpwire.MatchStrict: tt.strict, msrpwire.MatchSessionID: tt.tolerant} {
				ep := newEndpoint(t, Config{KeepAlive: -1, Matching: mode})
				s, _ := exampleSession(t, ep, SessionConfig{})
				p := newPeer(t, ep, "pipe")
				p.write(p.requestTo(tt.to, tt.from, "SEND", "Message-ID: m1", nil, "$"))
				f := p.next()
				if f.Status != want {
					t.Errorf("mode %d: %d %s, want %d", mode, f.Status, f.Comment, want)
				}
				// RFC 4975 §7.2: back to the previous hop only, from the URI addressed.
				if to, _, _ := strings.Cut(tt.from, " "); string(f.ToPath) != to || f.FromPath.Len() != 1 {
					t.Errorf("mode %d: response from %s to %s", mode, f.FromPath, f.ToPath)
				}
				if bound := s.conn.Load() != nil; bound != (want == 200) {
					t.Errorf("mode %d: bound: %v", mode, bound)
				}
			}
		})
	}
	conform.Covers(t, "MSRP-PTH-03", "MSRP-PTH-05", "MSRP-PTH-06", "MSRP-URI-03")
}

func TestThreeFailedRequestsClose(t *testing.T) {
	ep := listening(t, Config{})
	exampleSession(t, ep, SessionConfig{})
	bogus := strings.Replace(roomURI, "kV3x", "xxxx", 1)
	p := newPeer(t, ep, "tcp")
	for range 3 {
		p.write(p.requestTo(bogus, aliceURI, "SEND", "Message-ID: m1", nil, "$"))
		p.status(481)
	}
	p.ended()
	p = newPeer(t, ep, "tcp")
	for range 2 {
		p.write(p.requestTo(bogus, aliceURI, "SEND", "Message-ID: m1", nil, "$"))
		p.status(481)
	}
	p.bind()
	p.probe()
	conform.Covers(t, "MSRP-CON-04")
}

func TestGarbageCloses(t *testing.T) {
	ep := listening(t, Config{})
	p := newPeer(t, ep, "tcp")
	p.write("GET / HTTP/1.1\r\nHost: example\r\n\r\n")
	p.ended()
	conform.Covers(t, "MSRP-FRM-03")
}

func TestSessionsShareConnection(t *testing.T) {
	server := listening(t, Config{})
	client := newEndpoint(t, Config{})
	a := pairOn(t, client, server, SessionConfig{}, SessionConfig{})
	b := pairOn(t, client, server, SessionConfig{}, SessionConfig{})
	if a.client.conn.Load() != b.client.conn.Load() || a.server.conn.Load() != b.server.conn.Load() {
		t.Error("the second session has a connection of its own")
	}
	for i, p := range []pair{a, b} {
		if err := p.client.Send(text(strings.Repeat("x", i+1)), 1); err != nil {
			t.Fatal(err)
		}
		if in := wait(t, p.atServ.messages, "message"); len(in.Body()) != i+1 {
			t.Errorf("session %d got %q", i, in.Body())
		}
	}
	a.client.Close()
	if err := b.client.Send(text("still"), 2); err != nil {
		t.Fatal(err)
	}
	wait(t, b.atServ.messages, "message after the other session ended")
	conform.Covers(t, "MSRP-CON-07", "MSRP-CON-08", "MSRP-CON-09")
}

func TestSessionsPerConnection(t *testing.T) {
	ep := newEndpoint(t, Config{KeepAlive: -1})
	p := newPeer(t, ep, "pipe")
	for i := range 65 {
		own := strings.Replace(roomURI, "kV3x", "s"+string(rune('A'+i%26))+string(rune('a'+i/26)), 1)
		fixedSession(t, ep, SessionConfig{Handler: newRecorder()}, own, aliceURI)
		p.write(p.requestTo(own, aliceURI, "SEND", "Message-ID: m1", nil, "$"))
		want := 200
		if i == 64 {
			want = 403
		}
		p.status(want)
	}
	conform.Covers(t, "MSRP-CON-07")
}

func TestCrossingEmptySends(t *testing.T) {
	near, far := newEndpoint(t, Config{}), listening(t, Config{})
	p := pairOn(t, near, far, SessionConfig{}, SessionConfig{})
	// The server believes it is active, too, and sends its own empty SEND.
	c := p.server.conn.Load()
	c.mu.Lock()
	c.sendEmpty(p.server, slotKeepAlive)
	c.mu.Unlock()
	if err := p.server.Send(text("after"), 1); err != nil {
		t.Fatal(err)
	}
	wait(t, p.fromClient.messages, "message after crossing empty SENDs")
	wait(t, p.atServ.sent, "outcome")
	if len(p.fromClient.messages) != 0 || len(p.fromClient.ended) != 0 {
		t.Error("the empty SEND was delivered, or ended the session")
	}
	conform.Covers(t, "MSRP-CON-12")
}

func TestNothingBeforeBind(t *testing.T) {
	ep := newEndpoint(t, Config{KeepAlive: -1})
	s, h := exampleSession(t, ep, SessionConfig{})
	for i := range uint64(3) {
		if err := s.Send(text("early"), i); err != nil {
			t.Fatal(err)
		}
	}
	p := newPeer(t, ep, "pipe")
	p.silent()
	p.write(p.request("SEND", "Message-ID: m1", nil, "$"))
	for range 4 {
		if f := p.next(); f.IsRequest() {
			p.answer(f, 200)
		}
	}
	for i := range uint64(3) {
		if o := wait(t, h.sent, "outcome"); o.ref != i {
			t.Errorf("outcome of %d, want %d", o.ref, i)
		}
	}
	conform.Covers(t, "MSRP-CON-02")
}

func TestActiveSendsNothingBeforeAnswer(t *testing.T) {
	h := newRecorder()
	s := newSession(t, newEndpoint(t, Config{}), SessionConfig{Handler: h})
	peer, conns := acceptor(t)
	s.SetRemote([]msrpwire.URI{peer})
	if err := s.Connect(); err != nil {
		t.Fatal(err)
	}
	if err := s.Send(text("waits"), 1); err != nil {
		t.Fatal(err)
	}
	p := peerOn(t, wait(t, conns, "connection"))
	first := p.next()
	if first.Method != msrpwire.SEND || first.HasBody || first.ByteRange != (msrpwire.Range{Start: 1}) {
		t.Errorf("first request: %+v", first.Head)
	}
	p.silent()
	if len(h.bound) != 0 {
		t.Error("bound before the answer")
	}
	p.answer(first, 200)
	if f := p.next(); string(f.body) != "waits" {
		t.Errorf("second request: %q", f.body)
	}
	wait(t, h.bound, "bind")
	conform.Covers(t, "MSRP-CON-01")
}

func TestHeldUntilBound(t *testing.T) {
	ep := newEndpoint(t, Config{KeepAlive: -1})
	s, _ := exampleSession(t, ep, SessionConfig{})
	if n := sendUntilFull(s, text("x")); n != 100 {
		t.Errorf("held %d messages", n)
	}
	s, _ = exampleSession(t, ep, SessionConfig{})
	if n := sendUntilFull(s, Message{ContentType: "a/b", Body: pattern(10_000)}); n != 6 {
		t.Errorf("held %d messages of 10,000 octets", n)
	}
	s, h := exampleSession(t, ep, SessionConfig{})
	queue(t, s, Message{ContentType: "a/b", Body: pattern(1 << 20)}, 1) // one of any size
	if err := s.Send(text("x"), 2); !errors.Is(err, ErrQueueFull) {
		t.Error(err)
	}
	s.Abort("none")
	p := newPeer(t, ep, "pipe")
	p.write(p.request("SEND", "Message-ID: m1", nil, "$"))
	size := 0
	for size < 1<<20 {
		f := p.next()
		size += len(f.body)
		if f.IsRequest() {
			p.answer(f, 200)
		}
	}
	if o := wait(t, h.sent, "outcome"); o.err != nil {
		t.Error(o.err)
	}
	conform.Covers(t, "SW-PUB-15", "SW-FLOW-01")
}

// sendUntilFull says how many times m was taken.
func sendUntilFull(s *Session, m Message) (n int) {
	for s.Send(m, 1) == nil {
		n++
	}
	return n
}

func TestSessionURIs(t *testing.T) {
	ep := newEndpoint(t, Config{})
	seen := make(map[string]bool)
	for range 10_000 {
		s := newSession(t, ep, SessionConfig{Handler: agreeable{}})
		u := s.URI()
		if seen[u.SessionID] || u.Userinfo != "" || u.Params != "" || u.Transport != "tcp" || u.Port == 0 {
			t.Fatalf("URI %s", u)
		}
		seen[u.SessionID] = true
		s.Close()
	}
	conform.Covers(t, "MSRP-URI-05")
}
