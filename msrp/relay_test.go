package msrp

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet/relay"
	"github.com/confab-chat/confab/msrp/msrpwire"
)

// rerouted is a handler that hears of changed ways.
type rerouted struct {
	*recorder

	news chan struct{}
}

func (r rerouted) Rerouted() { r.news <- struct{}{} }

// relayRig is a client behind relays and an endpoint that is not.
type relayRig struct {
	relays []*relay.Relay
	client *Endpoint
	server *Endpoint
}

func newRelayRig(t *testing.T, hops int) *relayRig {
	t.Helper()
	ca := newAuthority(t)
	r := &relayRig{client: newEndpoint(t, Config{ClientTLS: ca.trusted()}), server: listening(t, Config{KeepAlive: -1})}
	for range hops {
		r.relays = append(r.relays, relay.Start(t, "127.0.0.1", serverOf(ca.named("127.0.0.1"))))
	}
	return r
}

func (r *relayRig) use(ctx context.Context, s *Session) error {
	relays := make([]Relay, len(r.relays))
	for i, x := range r.relays {
		relays[i] = Relay{URI: x.URI, Username: "alice", Password: "secret"}
	}
	return s.UseRelays(ctx, relays...)
}

// TestRelays sends both ways through one relay and through two, whichever side
// connects.
func TestRelays(t *testing.T) {
	for _, hops := range []int{1, 2} {
		for _, active := range []bool{true, false} {
			r := newRelayRig(t, hops)
			h, at := newRecorder(), newRecorder()
			s := newSession(t, r.client, SessionConfig{Handler: h, Secure: true, Port: 9})
			if err := r.use(t.Context(), s); err != nil {
				t.Fatal(err)
			}
			path := s.Path()
			if len(path) != hops+1 || !path[hops].Equal(s.URI()) || path[0].Port != r.relays[hops-1].URI.Port {
				t.Fatalf("path %v", path)
			}
			peer := newSession(t, r.server, SessionConfig{Handler: at})
			s.SetRemote([]msrpwire.URI{peer.URI()})
			peer.SetRemote(path)
			if active {
				peer.Await()
				if err := s.Connect(); err != nil {
					t.Fatal(err)
				}
			} else {
				r.server.cfg.ClientTLS = r.client.cfg.ClientTLS
				s.Await()
				if err := peer.Connect(); err != nil {
					t.Fatal(err)
				}
			}
			wait(t, h.bound, "bind of the client")
			wait(t, at.bound, "bind of the peer")
			queue(t, s, text("out"), 1)
			if in := wait(t, at.messages, "message"); string(in.Body()) != "out" {
				t.Errorf("got %q", in.Body())
			}
			queue(t, peer, Message{ContentType: "text/plain", Body: []byte("in"), SuccessReport: true}, 2)
			if in := wait(t, h.messages, "message"); string(in.Body()) != "in" {
				t.Errorf("got %q", in.Body())
			}
			if rep := wait(t, at.reports, "report"); !rep.Complete || rep.Ref != 2 {
				t.Errorf("%+v", rep) // from the endpoint, all the way
			}
		}
	}
	conform.Covers(t, "REL-01", "REL-02", "MSRP-PTH-01", "MSRP-PTH-02")
}

// TestRelayRefusals: what the client makes of answers other than 200.
func TestRelayRefusals(t *testing.T) {
	for name, test := range map[string]struct {
		refusals []string
		password string
		status   int // 0: none
		auths    int
	}{
		"challenge":           {password: "secret", auths: 2},
		"wrong password":      {password: "wrong", status: 401, auths: 2},
		"stale nonce":         {refusals: []string{"401\nWWW-Authenticate: Digest realm=\"relay\", nonce=\"a\"", "401\nWWW-Authenticate: Digest realm=\"relay\", nonce=\"b\", stale=true"}, password: "secret", auths: 3},
		"too short":           {refusals: []string{"423\nMin-Expires: 60"}, password: "secret", auths: 3},
		"too long":            {refusals: []string{"423\nMax-Expires: 60"}, password: "secret", auths: 3},
		"out of bounds, mute": {refusals: []string{"423"}, password: "secret", status: 423, auths: 1},
		"out of bounds twice": {refusals: []string{"423\nMin-Expires: 60", "423\nMin-Expires: 90"}, password: "secret", status: 423, auths: 2},
		"forbidden":           {refusals: []string{"403"}, password: "secret", status: 403, auths: 1},
		"no relay":            {refusals: []string{"501"}, password: "secret", status: 501, auths: 1},
		"basic":               {refusals: []string{"401\nWWW-Authenticate: Basic realm=\"relay\""}, password: "secret", status: 401, auths: 1},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRelayRig(t, 1)
			r.relays[0].Refusals = test.refusals
			s := newSession(t, r.client, SessionConfig{Handler: newRecorder(), Secure: true, Port: 9})
			err := s.UseRelays(t.Context(), Relay{URI: r.relays[0].URI, Username: "alice", Password: test.password})
			var e *Error
			switch {
			case test.status == 0 && err != nil:
				t.Errorf("refused: %v", err)
			case test.status != 0 && (!errors.As(err, &e) || e.Status != test.status):
				t.Errorf("got %v, want %d", err, test.status)
			}
			if got := len(r.relays[0].Log()); got != test.auths {
				t.Errorf("%d requests: %q", got, r.relays[0].Log())
			}
			if s.ended.Load() != (test.status != 0) {
				t.Errorf("ended: %v", s.ended.Load())
			}
		})
	}
	ep := newEndpoint(t, Config{})
	s := newSession(t, ep, SessionConfig{Handler: newRecorder()})
	if err := s.UseRelays(t.Context(), Relay{URI: msrpwire.URI{Host: "127.0.0.1", Port: 9, Transport: "tcp"}}); err == nil {
		t.Error("a password goes out in clear")
	}
	conform.Covers(t, "REL-02")
}

// TestRelayRefresh: the authentication is repeated in time; another way is told,
// and a relay that serves no more ends the session.
func TestRelayRefresh(t *testing.T) {
	r := newRelayRig(t, 1)
	r.relays[0].Expires = 1
	h := rerouted{newRecorder(), make(chan struct{}, 1)}
	s := newSession(t, r.client, SessionConfig{Handler: h, Secure: true, Port: 9})
	if err := r.use(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	before := s.Path()
	for slices.EqualFunc(before, s.Path(), msrpwire.URI.Equal) {
		wait(t, h.news, "another way")
	}
	r.relays[0].Cut()
	if err := wait(t, h.ended, "end of the session"); err == nil {
		t.Error("ended without a reason")
	}
}

// TestRelayLookup: a relay without port is found by SRV, else at port 2855.
func TestRelayLookup(t *testing.T) {
	found := []*net.SRV{{Target: "r1.example.", Port: 9000}, {Target: "r2.example.", Port: 9001}}
	var asked []string
	ep := newEndpoint(t, Config{LookupSRV: func(_ context.Context, service, proto, domain string) ([]*net.SRV, error) {
		asked = append(asked, "_"+service+"._"+proto+"."+domain)
		if domain == "none.example" {
			return nil, &net.DNSError{IsNotFound: true}
		}
		return found, nil
	}})
	for _, test := range []struct {
		uri  msrpwire.URI
		host string
		port uint16
	}{
		{msrpwire.URI{Host: "example.com"}, "r1.example", 9000},
		{msrpwire.URI{Host: "none.example"}, "none.example", 2855},
		{msrpwire.URI{Host: "example.com", Port: 7}, "example.com", 7},
	} {
		to, err := ep.relayTarget(t.Context(), test.uri)
		if err != nil || to.host != test.host || to.port != test.port || to.name != test.uri.Host || !to.secure {
			t.Errorf("%v: %+v, %v", test.uri, to, err)
		}
	}
	if got := strings.Join(asked, " "); got != "_msrps._tcp.example.com _msrps._tcp.none.example" {
		t.Errorf("asked for %s", got)
	}
}

// TestRelayMute: a relay that does not answer is not waited for without end.
func TestRelayMute(t *testing.T) {
	r := newRelayRig(t, 1)
	s := newSession(t, r.client, SessionConfig{Handler: newRecorder(), Secure: true, Port: 9})
	r.relays[0].Refusals = []string{"200"} // without Use-Path
	if err := r.use(t.Context(), s); !errors.Is(err, errRelayAnswer) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	mute, accepted := acceptor(t)
	mute.Secure = true
	s = newSession(t, r.client, SessionConfig{Handler: newRecorder(), Secure: true, Port: 9})
	used := make(chan error, 1)
	go func() { used <- s.UseRelays(ctx, Relay{URI: mute}) }()
	nc := wait(t, accepted, "connection")
	defer func() { _ = nc.Close() }()
	cancel()
	if err := wait(t, used, "end of the attempt"); !errors.Is(err, context.Canceled) {
		t.Errorf("a relay that says nothing: %v", err)
	}
	s = newSession(t, newEndpoint(t, Config{HandshakeTimeout: 50 * time.Millisecond}), SessionConfig{Handler: newRecorder(), Secure: true, Port: 9})
	if err := s.UseRelays(t.Context(), Relay{URI: mute}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a relay that goes on saying nothing: %v", err)
	}
	_ = wait(t, accepted, "connection").Close()
}
