package msrp

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/msrp/msrpwire"
)

// outcome is a call of Sent.
type outcome struct {
	ref uint64
	err error
}

// recorder is a handler that keeps what it is told and accepts everything.
type recorder struct {
	bound    chan struct{}
	messages chan *Incoming
	sent     chan outcome
	ended    chan error
	reports  chan Report
	flow     chan bool

	decide  func(*Incoming) error                  // nil: accept
	begin   func(*Incoming) error                  // nil: go on
	inspect func(*Incoming) (done bool, err error) // nil: done
	request func(*NicknameRequest)                 // nil: answer 200
	hold    bool                                   // leave messages unanswered

	mu       sync.Mutex
	inspects int
}

func newRecorder() *recorder { return recorderOf(4096) }

// recorderOf makes a recorder with room for n messages each way.
func recorderOf(n int) *recorder {
	return &recorder{
		bound: make(chan struct{}, 16), messages: make(chan *Incoming, n), sent: make(chan outcome, n),
		ended: make(chan error, 16), reports: make(chan Report, 64), flow: make(chan bool, 64),
	}
}

func (r *recorder) Bound() { r.bound <- struct{}{} }

func (r *recorder) Message(in *Incoming) {
	if !r.hold {
		if r.decide == nil {
			in.Accept()
		} else if err := r.decide(in); err != nil {
			in.Refuse(err)
		} else {
			in.Accept()
		}
	}
	r.messages <- in
}

func (r *recorder) Sent(ref uint64, err error) { r.sent <- outcome{ref: ref, err: err} }
func (r *recorder) Ended(err error)            { r.ended <- err }
func (r *recorder) Report(rep Report)          { r.reports <- rep }

func (r *recorder) Congested(on bool) {
	select {
	case r.flow <- on:
	default: // nobody looks
	}
}

func (r *recorder) Begin(in *Incoming) error {
	if r.begin == nil {
		return nil
	}
	return r.begin(in)
}

func (r *recorder) Inspect(in *Incoming) (bool, error) {
	r.mu.Lock()
	r.inspects++
	r.mu.Unlock()
	if r.inspect == nil {
		return true, nil
	}
	return r.inspect(in)
}

func (r *recorder) Nickname(req *NicknameRequest) {
	if r.request == nil {
		req.Respond(nil)
		return
	}
	r.request(req)
}

// patience is how long a test waits for what must come, on the slowest machine.
const patience = testnet.Patience

// wait takes the next value of ch, or fails the test.
func wait[T any](t *testing.T, ch <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(patience):
		t.Fatalf("no %s", what)
		panic("unreachable")
	}
}

// newEndpoint makes an endpoint that is closed with the test and has patience where the
// usual times are short.
func newEndpoint(tb testing.TB, cfg Config) *Endpoint {
	tb.Helper()
	for _, d := range []*time.Duration{
		&cfg.HandshakeTimeout, &cfg.HoldTimeout, &cfg.HeaderTimeout, &cfg.FlushTimeout, &cfg.DialTimeout,
	} {
		setDefault(d, patience)
	}
	return timedEndpoint(tb, cfg)
}

// timedEndpoint is newEndpoint with the usual times, for a synctest bubble.
func timedEndpoint(tb testing.TB, cfg Config) *Endpoint {
	tb.Helper()
	ep := New(cfg)
	tb.Cleanup(func() {
		if err := ep.Close(); err != nil {
			tb.Errorf("Close: %v", err)
		}
	})
	return ep
}

// listening is an endpoint with a listener on the loopback.
func listening(tb testing.TB, cfg Config) *Endpoint {
	tb.Helper()
	ep := newEndpoint(tb, cfg)
	if _, err := ep.Listen(context.Background(), "tcp", "127.0.0.1:0"); err != nil {
		tb.Fatal(err)
	}
	return ep
}

func newSession(tb testing.TB, ep *Endpoint, cfg SessionConfig) *Session {
	tb.Helper()
	if cfg.Host == "" {
		cfg.Host = "127.0.0.1"
	}
	if cfg.Port == 0 && ep.address(cfg.Secure).Port() == 0 {
		cfg.Port = 9
	}
	s, err := ep.NewSession(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// pair is an active and a passive session that are bound to each other.
type pair struct {
	client, server     *Session
	fromClient, atServ *recorder
}

func newPair(t *testing.T, clientCfg, serverCfg SessionConfig) pair {
	t.Helper()
	return pairOn(t, newEndpoint(t, Config{}), listening(t, Config{}), clientCfg, serverCfg)
}

func pairOn(t *testing.T, clientEP, serverEP *Endpoint, clientCfg, serverCfg SessionConfig) pair {
	t.Helper()
	p := pair{fromClient: newRecorder(), atServ: newRecorder()}
	if h, ok := clientCfg.Handler.(*recorder); ok {
		p.fromClient = h
	}
	if h, ok := serverCfg.Handler.(*recorder); ok {
		p.atServ = h
	}
	clientCfg.Handler, serverCfg.Handler = p.fromClient, p.atServ
	p.client, p.server = newSession(t, clientEP, clientCfg), newSession(t, serverEP, serverCfg)
	p.client.SetRemote([]msrpwire.URI{p.server.URI()})
	p.server.SetRemote([]msrpwire.URI{p.client.URI()})
	p.server.Await()
	if err := p.client.Connect(); err != nil {
		t.Fatal(err)
	}
	wait(t, p.fromClient.bound, "bind of the client")
	wait(t, p.atServ.bound, "bind of the server")
	return p
}

func text(body string) Message {
	return Message{ContentType: "text/plain", Body: []byte(body)}
}

func TestMessageBothWays(t *testing.T) {
	p := newPair(t, SessionConfig{}, SessionConfig{})
	if err := p.client.Send(text("hello"), 7); err != nil {
		t.Fatal(err)
	}
	if in := wait(t, p.atServ.messages, "message"); string(in.Body()) != "hello" || in.ContentType() != "text/plain" {
		t.Errorf("received %q of type %q", in.Body(), in.ContentType())
	}
	if o := wait(t, p.fromClient.sent, "outcome"); o.ref != 7 || o.err != nil {
		t.Errorf("outcome %+v", o)
	}
	if err := p.server.Send(text("welcome"), 8); err != nil {
		t.Fatal(err)
	}
	if in := wait(t, p.fromClient.messages, "message"); string(in.Body()) != "welcome" {
		t.Errorf("received %q", in.Body())
	}
	if o := wait(t, p.atServ.sent, "outcome"); o.ref != 8 || o.err != nil {
		t.Errorf("outcome %+v", o)
	}
	p.client.Close()
	if err := p.client.Send(text("late"), 9); !errors.Is(err, ErrClosed) {
		t.Errorf("Send after Close: %v", err)
	}
}

func TestRefusedMessage(t *testing.T) {
	h := newRecorder()
	h.decide = func(*Incoming) error { return refusal(msrpwire.StatusNotFound) }
	p := newPair(t, SessionConfig{}, SessionConfig{Handler: h})
	if err := p.client.Send(text("hello"), 1); err != nil {
		t.Fatal(err)
	}
	o := wait(t, p.fromClient.sent, "outcome")
	if !errors.Is(o.err, &Error{Status: 404}) {
		t.Errorf("outcome %v", o.err)
	}
}

func TestLargeMessage(t *testing.T) {
	for name, cfg := range map[string]SessionConfig{
		"interruptible": {}, "whole": {Whole: true}, "exact": {ExactRanges: true}, "capped": {ChunkCap: 16 << 10},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPair(t, cfg, SessionConfig{})
			body := make([]byte, 300_000)
			for i := range body {
				body[i] = byte(i * i >> 3)
			}
			if err := p.client.Send(Message{ContentType: "a/b", Body: body}, 1); err != nil {
				t.Fatal(err)
			}
			in := wait(t, p.atServ.messages, "message")
			if string(in.Body()) != string(body) {
				t.Errorf("received %d octets, not the %d sent", len(in.Body()), len(body))
			}
			if o := wait(t, p.fromClient.sent, "outcome"); o.err != nil {
				t.Error(o.err)
			}
		})
	}
}

func TestNicknameOfClient(t *testing.T) {
	h := newRecorder()
	h.request = func(r *NicknameRequest) {
		if string(r.Value) != `"The Owl"` {
			r.Respond(refusal(msrpwire.StatusNicknameMalformed))
			return
		}
		r.Respond(nil)
	}
	p := newPair(t, SessionConfig{}, SessionConfig{Handler: h})
	done := make(chan error, 1)
	if err := p.client.SetNickname("The Owl", func(err error) { done <- err }); err != nil {
		t.Fatal(err)
	}
	if err := wait(t, done, "answer"); err != nil {
		t.Error(err)
	}
}

// listen opens a port on the loopback.
func listen(tb testing.TB) (net.Listener, uint16) {
	tb.Helper()
	var lc net.ListenConfig
	ln, err := lc.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = ln.Close() })
	addr, err := netip.ParseAddrPort(ln.Addr().String())
	if err != nil {
		tb.Fatal(err)
	}
	return ln, addr.Port()
}

func dial(tb testing.TB, addr string) net.Conn {
	tb.Helper()
	var d net.Dialer
	nc, err := d.DialContext(context.Background(), "tcp", addr)
	if err != nil {
		tb.Fatal(err)
	}
	return nc
}

// acceptor listens on the loopback in place of an endpoint.
func acceptor(t *testing.T) (msrpwire.URI, <-chan net.Conn) {
	t.Helper()
	ln, port := listen(t)
	conns := make(chan net.Conn, 16)
	go func() {
		for {
			nc, err := ln.Accept()
			if err != nil {
				return
			}
			conns <- nc
		}
	}()
	return msrpwire.URI{Host: "127.0.0.1", Port: port, SessionID: "peer", Transport: "tcp"}, conns
}

// lookupTable resolves one name.
func lookupTable(name string, addrs ...string) func(context.Context, string) ([]netip.Addr, error) {
	return func(_ context.Context, host string) ([]netip.Addr, error) {
		if host != name {
			return nil, errors.New("unknown host")
		}
		var found []netip.Addr
		for _, a := range addrs {
			found = append(found, netip.MustParseAddr(a))
		}
		return found, nil
	}
}

func dialFunc(f func() (net.Conn, error)) func(context.Context, string, string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) { return f() }
}
