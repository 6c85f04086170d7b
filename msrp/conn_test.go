package msrp

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/msrp/msrpwire"
)

func TestConnectionFailureEndsSessions(t *testing.T) {
	ep := listening(t, Config{KeepAlive: -1})
	_, h := exampleSession(t, ep, SessionConfig{})
	other := strings.Replace(roomURI, "kV3x", "Two-", 1)
	h2 := newRecorder()
	fixedSession(t, ep, SessionConfig{Handler: h2}, other, aliceURI)
	p := newPeer(t, ep, "tcp")
	p.bind()
	p.write(p.requestTo(other, aliceURI, "SEND", "Message-ID: m1", nil, "$"))
	p.status(200)
	p.reset()
	for _, h := range []*recorder{h, h2} {
		if err := wait(t, h.ended, "end of session"); err == nil {
			t.Error("session ended without reason")
		}
	}
	p = newPeer(t, ep, "tcp")
	p.write(p.request("SEND", "Message-ID: m1", nil, "$"))
	p.status(481)
	conform.Covers(t, "MSRP-CON-06")
}

func TestEndOfInput(t *testing.T) {
	t.Run("after a message", func(t *testing.T) {
		ep := listening(t, Config{KeepAlive: -1})
		h := exampleHandler()
		h.hold = true // answers later, as a durable room does
		_, h = exampleSession(t, ep, SessionConfig{Handler: h})
		p := newPeer(t, ep, "tcp")
		p.send("Message-ID: m1", "hello", "$")
		p.closeWrite()
		if err := wait(t, h.ended, "end of session"); !errors.Is(err, ErrEnd) {
			t.Errorf("ended with %v", err)
		}
		p.silent()
		wait(t, h.messages, "message").Accept()
		p.status(200)
		p.ended()
	})
	t.Run("inside a message", func(t *testing.T) {
		ep := listening(t, Config{KeepAlive: -1})
		_, h := exampleSession(t, ep, SessionConfig{})
		p := newPeer(t, ep, "tcp")
		cut := p.request("SEND", "Message-ID: m1", []byte("hello"), "$")
		p.write(cut[:len(cut)-4])
		p.closeWrite()
		p.ended()
		_ = wait(t, h.ended, "end of session")
		if len(h.messages) != 0 {
			t.Error("delivered what was cut")
		}
	})
	conform.Covers(t, "MSRP-CON-16")
}

func TestAnswerGoesNowhereElse(t *testing.T) {
	ep := listening(t, Config{KeepAlive: -1})
	h := exampleHandler()
	h.hold = true
	exampleSession(t, ep, SessionConfig{Handler: h})
	other := newPeer(t, ep, "tcp")
	p := newPeer(t, ep, "tcp")
	p.send("Message-ID: m1", "hello", "$")
	in := wait(t, h.messages, "message")
	_ = p.nc.Close()
	_ = wait(t, h.ended, "end of session")
	in.Accept()
	other.write(other.request("SEND", "Message-ID: m1", nil, "$"))
	other.status(481) // and not the 200 in front of it
	conform.Covers(t, "MSRP-CON-13")
}

func TestCloseOfSession(t *testing.T) {
	h := exampleHandler()
	h.hold = true
	_, s, h, p := example(t, SessionConfig{Handler: h})
	p.send("Message-ID: m1", "hello", "$")
	in := wait(t, h.messages, "message")
	if err := s.Send(text("unanswered"), 1); err != nil {
		t.Fatal(err)
	}
	open := p.next()
	s.Close()
	in.Accept() // read before the end: answered
	p.status(200)
	p.answer(open, 200) // late: ignored
	p.write(p.request("SEND", "Message-ID: m2", nil, "$"))
	p.status(481)
	if len(h.sent) != 0 || len(h.ended) != 0 {
		t.Error("handler called after Close")
	}
	conform.Covers(t, "MSRP-CON-17", "MSRP-RSP-12")
}

func TestShutdownWritesAnswers(t *testing.T) {
	ep := listening(t, Config{KeepAlive: -1})
	h := exampleHandler()
	h.hold = true
	exampleSession(t, ep, SessionConfig{Handler: h})
	p := newPeer(t, ep, "tcp")
	p.send("Message-ID: m1", "hello", "$")
	in := wait(t, h.messages, "message")
	done := make(chan error, 1)
	go func() { done <- ep.Shutdown(context.Background()) }()
	if err := wait(t, h.ended, "end of session"); !errors.Is(err, ErrShutdown) {
		t.Errorf("ended with %v", err)
	}
	in.Accept()
	p.status(200)
	p.ended()
	_ = p.nc.Close()
	if err := wait(t, done, "end of Shutdown"); err != nil {
		t.Error(err)
	}
	if _, err := ep.NewSession(SessionConfig{Handler: h}); !errors.Is(err, ErrShutdown) {
		t.Errorf("NewSession after Shutdown: %v", err)
	}
	conform.Covers(t, "MSRP-CON-17")
}

func TestUnboundLimit(t *testing.T) {
	ep := listening(t, Config{UnboundPerSource: 2, PerSource: 4, UnboundTimeout: time.Hour})
	first := newPeer(t, ep, "tcp")
	second := newPeer(t, ep, "tcp")
	first.probeUnknown()
	second.probeUnknown()
	third := newPeer(t, ep, "tcp") // pushes the oldest out
	third.probeUnknown()
	first.ended()
	second.probeUnknown()
}

// TestGuessing has one address try session-ids, a few on each connection.
func TestGuessing(t *testing.T) {
	const most = 5
	ep := listening(t, Config{BadPerSource: most, UnboundPerSource: 100})
	_, h := exampleSession(t, ep, SessionConfig{})
	bound := newPeer(t, ep, "tcp")
	bound.bind()
	wait(t, h.bound, "bind")
	early := newPeer(t, ep, "tcp")
	early.probeUnknown()
	for range most - 1 {
		newPeer(t, ep, "tcp").probeUnknown()
	}
	p := newPeer(t, ep, "tcp")
	p.probeUnknown()
	p.ended() // at the first
	for range 3 {
		bound.probeUnknown() // who has a session is not counted
	}
	bound.probe()
	early.probeUnknown()
	early.ended()
	conform.Covers(t, "MSRP-CON-04")
}

// TestGuessesAreForgotten: a source is counted by the minute, and there is room for so many.
func TestGuessesAreForgotten(t *testing.T) {
	var g guesses
	one := netip.MustParseAddr("192.0.2.1")
	for i := range 3 {
		if n := g.more(one, minute); n != i+1 {
			t.Errorf("%d failures, want %d", n, i+1)
		}
	}
	if n := g.more(one, 2*minute); n != 4 {
		t.Errorf("%d failures within the minute", n)
	}
	if n := g.more(one, 2*minute+1); n != 1 {
		t.Errorf("%d failures in the next", n)
	}
	for i := range uint32(guessersMax) {
		g.more(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), 2*minute+2)
	}
	if len(g.counts) != guessersMax || g.more(one, 2*minute+2) != 2 {
		t.Errorf("%d sources", len(g.counts))
	}
}

// probeUnknown expects a connection to live, without binding anything.
func (p *rawPeer) probeUnknown() {
	p.t.Helper()
	p.write(p.requestTo(strings.Replace(roomURI, "kV3x", "none", 1), aliceURI, "SEND", "Message-ID: m1", nil, "$"))
	p.status(481)
}

func TestDialsAddressesInOrder(t *testing.T) {
	peer, conns := acceptor(t)
	var tried []string
	dialer := net.Dialer{}
	ep := newEndpoint(t, Config{
		Lookup: lookupTable("peer.example", "127.0.0.2", "127.0.0.1"),
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			tried = append(tried, address)
			if strings.HasPrefix(address, "127.0.0.2:") {
				return nil, errors.New("refused")
			}
			return dialer.DialContext(ctx, network, address)
		},
	})
	h := newRecorder()
	s := newSession(t, ep, SessionConfig{Handler: h})
	peer.Host = "peer.example"
	s.SetRemote([]msrpwire.URI{peer})
	if err := s.Connect(); err != nil {
		t.Fatal(err)
	}
	p := peerOn(t, wait(t, conns, "connection"))
	p.answer(p.next(), 200)
	wait(t, h.bound, "bind")
	if len(tried) != 2 {
		t.Errorf("dialled %v", tried)
	}
	conform.Covers(t, "MSRP-URI-08")
}

func TestConnectRefuses(t *testing.T) {
	for name, u := range map[string]msrpwire.URI{
		"no port":   {Host: "127.0.0.1", SessionID: "x", Transport: "tcp"},
		"WebSocket": {Host: "127.0.0.1", Port: 9, SessionID: "x", Transport: "ws"},
	} {
		s := newSession(t, newEndpoint(t, Config{}), SessionConfig{Handler: newRecorder()})
		s.SetRemote([]msrpwire.URI{u})
		if err := s.Connect(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestConnectsToAdjacentHop(t *testing.T) {
	relay, conns := acceptor(t)
	h := newRecorder()
	s := newSession(t, newEndpoint(t, Config{}), SessionConfig{Handler: h})
	peer := msrpwire.URI{Host: "peer.invalid", Port: 2855, SessionID: "far", Transport: "ws"}
	s.SetRemote([]msrpwire.URI{relay, peer})
	if err := s.Connect(); err != nil {
		t.Fatal(err)
	}
	p := peerOn(t, wait(t, conns, "connection to the relay"))
	f := p.next()
	if want := relay.String() + " " + peer.String(); string(f.ToPath) != want || f.FromPath.Len() != 1 {
		t.Errorf("To-Path %s, From-Path %s", f.ToPath, f.FromPath)
	}
	p.answer(f, 200)
	wait(t, h.bound, "bind")
	conform.Covers(t, "MSRP-PTH-01", "MSRP-PTH-02", "MSRP-URI-07")
}

func TestOverIPv6(t *testing.T) {
	server := newEndpoint(t, Config{})
	ln, err := server.Listen(context.Background(), "tcp", "[::1]:0")
	if err != nil {
		t.Skip("no IPv6 here:", err)
	}
	p := pairOn(t, newEndpoint(t, Config{}), server, SessionConfig{}, SessionConfig{Host: "::1", Port: ln.Addr().Port()})
	if got := p.server.URI().String(); !strings.HasPrefix(got, "msrp://[::1]:") {
		t.Errorf("URI %s", got)
	}
	queue(t, p.client, text("hello"), 1)
	wait(t, p.atServ.messages, "message")
	conform.Covers(t, "MSRP-URI-06")
}

func TestListenerOfAnyKind(t *testing.T) {
	ln, _ := listen(t)
	ep := newEndpoint(t, Config{KeepAlive: -1})
	if _, err := ep.Serve(ln); err != nil {
		t.Fatal(err)
	}
	exampleSession(t, ep, SessionConfig{})
	p := newPeer(t, ep, "tcp")
	p.bind()
	if err := ep.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := ep.Serve(ln); !errors.Is(err, ErrShutdown) {
		t.Error(err)
	}
	near, far := net.Pipe()
	_ = near.Close()
	if err := ep.ServeConn(far); !errors.Is(err, ErrShutdown) {
		t.Error(err)
	}
}
