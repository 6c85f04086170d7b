package ua_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/event"
	"github.com/confab-chat/confab/sip/invite"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
	"github.com/confab-chat/confab/sip/ua"
)

// patience is how long a test waits for what must come, on the slowest machine.
const patience = testnet.Patience

// told passes what handlers are told to the test, as text, in order.
type told chan string

func (c told) note(format string, args ...any) { c <- fmt.Sprintf(format, args...) }

// want fails the test unless these are the next things told, in any order.
func (c told) want(t *testing.T, texts ...string) {
	t.Helper()
	missing := make(map[string]bool)
	for _, s := range texts {
		missing[s] = true
	}
	timeout := time.After(patience)
	for len(missing) > 0 {
		select {
		case s := <-c:
			if !missing[s] {
				t.Fatalf("told %q, want %q", s, texts)
			}
			delete(missing, s)
		case <-timeout:
			t.Fatalf("not told: %v", missing)
		}
	}
}

// party is one end of a session, or of a subscription.
type party struct {
	name string
	told told

	mu      sync.Mutex
	session *invite.Session
	sub     *event.Subscription
	version int
}

func (p *party) Invite(in *invite.Incoming) {
	p.mu.Lock()
	defer p.mu.Unlock()
	in.Provisional(180, invite.Answer{})
	p.session = in.Accept(invite.Answer{Body: []byte("answer")}, p)
}

func (p *party) Progress(resp *sipmsg.Response) { p.told.note("%s: %d", p.name, resp.Status) }

func (p *party) Answered(s *invite.Session, _ *sipmsg.Response, answer []byte) (invite.SessionHandler, invite.Answer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.session = s
	p.told.note("%s: answered %s", p.name, answer)
	return p, invite.Answer{}
}

func (p *party) Failed(err error)          { p.told.note("%s: %v", p.name, err) }
func (p *party) Confirmed(*sipmsg.Request) { p.told.note("%s: confirmed", p.name) }

func (p *party) Reoffer(r *invite.Reoffer) {
	p.told.note("%s: reoffer %s", p.name, r.Request().Body)
	r.Accept(invite.Answer{Body: []byte("again")}, nil)
}

func (p *party) Ended(end invite.End) { p.told.note("%s: %v", p.name, end.Cause) }

func (p *party) Subscribe(in *event.Incoming) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sub = in.Accept(&feed{p}, "")
}

// feed counts versions.
type feed struct{ p *party }

func (f *feed) Next(pull event.Pull) (event.Body, bool) {
	f.p.mu.Lock()
	defer f.p.mu.Unlock()
	f.p.version++
	return event.Body{ContentType: "text/plain", Data: fmt.Append(nil, "v", f.p.version, " full ", pull.Full)}, true
}

func (f *feed) Refresh(*sipmsg.Request, transport.Source) *sip.Error { return nil }
func (f *feed) Ended(t event.Termination)                            { f.p.told.note("%s: over, %s", f.p.name, t.Reason) }

// viewer is told what the feed says.
type viewer struct{ p *party }

func (v viewer) Notified(n event.Notification) {
	v.p.told.note("%s: %s, %s", v.p.name, n.State.State, n.Request.Body)
}
func (v viewer) Ended(t event.Termination) { v.p.told.note("%s: ended, %s", v.p.name, t.Reason) }

// stacks starts two stacks on loopback sockets.
func stacks(t *testing.T, network string) (alice, bob *party, a *ua.Stack, out dialog.Outgoing) {
	t.Helper()
	c := make(told, 64)
	alice, bob = &party{name: "alice", told: c}, &party{name: "bob", told: c}
	b := ua.New(ua.Config{Invite: bob, Packages: []event.Package{{Name: "conference", Notifier: bob}}})
	at, err := b.Listen(t.Context(), network, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	a = ua.New(ua.Config{Invite: alice})
	from, err := a.Listen(t.Context(), network, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		for _, s := range []*ua.Stack{a, b} {
			if shut := s.Shutdown(ctx); shut != nil {
				t.Errorf("shutdown: %v", shut)
			}
		}
	})
	uri, err := sipmsg.ParseURI("sip:bob@" + at.String() + ";transport=" + network)
	if err != nil {
		t.Fatal(err)
	}
	me, err := sipmsg.ParseAddress("<sip:alice@ims.example>")
	if err != nil {
		t.Fatal(err)
	}
	return alice, bob, a, dialog.Outgoing{
		URI: uri, From: me, Contact: dialog.ContactAt("sip", "alice", network, from.String()), Body: []byte("offer"),
	}
}

func TestCallOverSockets(t *testing.T) {
	t.Parallel()
	for _, network := range []string{transport.UDP, transport.TCP} {
		for _, callerEnds := range []bool{true, false} {
			t.Run(fmt.Sprint(network, " ", callerEnds), func(t *testing.T) {
				t.Parallel()
				alice, bob, a, out := stacks(t, network)
				a.Invite.Invite(out, alice)
				alice.told.want(t, "alice: 180", "alice: answered answer", "bob: confirmed")
				bob.mu.Lock()
				callee := bob.session
				bob.mu.Unlock()
				callee.Reinvite(invite.Answer{Body: []byte("more")}, func(resp *sipmsg.Response, err error) {
					if err != nil {
						bob.told.note("%v", err)
						return
					}
					bob.told.note("bob: got %s", resp.Body)
				})
				alice.told.want(t, "alice: reoffer more", "bob: got again")
				if callerEnds {
					alice.mu.Lock()
					alice.session.Bye()
					alice.mu.Unlock()
					alice.told.want(t, "alice: local bye", "bob: remote bye")
				} else {
					callee.Bye()
					alice.told.want(t, "alice: remote bye", "bob: local bye")
				}
			})
		}
	}
}

func TestSubscriptionOverSockets(t *testing.T) {
	t.Parallel()
	for _, network := range []string{transport.UDP, transport.TCP} {
		t.Run(network, func(t *testing.T) {
			t.Parallel()
			conform.Covers(t, "NOT-NFY-01", "NOT-SUB-09")
			alice, bob, a, out := stacks(t, network)
			out.Body = nil
			w := a.Event.Subscribe(out, event.Interest{Event: "conference", Expires: 600}, viewer{alice})
			alice.told.want(t, "alice: active, v1 full true")
			bob.mu.Lock()
			sub := bob.sub
			bob.mu.Unlock()
			sub.Changed()
			alice.told.want(t, "alice: active, v2 full false")
			w.Refresh()
			alice.told.want(t, "alice: active, v3 full true")
			w.Unsubscribe()
			alice.told.want(t, "bob: over, timeout", "alice: terminated, v4 full true", "alice: ended, timeout")
		})
	}
}
