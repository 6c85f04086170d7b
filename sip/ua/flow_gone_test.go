package ua_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip/event"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/ua"
)

// phone is a peer that has no address, only a connection.
type phone struct {
	*testnet.SIPPeer
	t       *testing.T
	contact string
}

func (p *phone) subscribe(cseq int, tag string) string {
	p.t.Helper()
	p.Write(strings.ReplaceAll(fmt.Sprintf(`SUBSCRIBE sip:bob@127.0.0.1 SIP/2.0
Via: SIP/2.0/TCP nobody.invalid;branch=z9hG4bKs%d
From: <sip:alice@ims.example>;tag=a
To: <sip:bob@127.0.0.1>%s
Call-ID: flow
CSeq: %d SUBSCRIBE
Contact: <%s>
Event: conference
Expires: 600
Content-Length: 0

`, cseq, tag, cseq, p.contact), "\n", "\r\n"))
	return ";tag=" + p.Expect(200, sipmsg.SUBSCRIBE).Header.ToTag()
}

func (p *phone) notified(body string) {
	p.t.Helper()
	n := p.Request()
	if string(n.Body) != body || n.URI.String() != p.contact {
		p.t.Errorf("%s %q, want %q", n.URI.String(), n.Body, body)
	}
	p.Send(sipmsg.NewResponse(n, 200, ""))
}

const nowhere = "sip:alice@nobody.invalid;transport=tcp"

// TestFlowGone: what is for a Contact under .invalid takes the connection it came
// from. When that is gone the NOTIFY fails and the subscription stays; a refresh over
// another connection takes its place.
func TestFlowGone(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "COM-16", "NOT-NFY-07")
	bob := &party{name: "bob", told: make(told, 64)}
	s := ua.New(ua.Config{Packages: []event.Package{{Name: "conference", Notifier: bob}}})
	at, err := s.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer shut(t, s)
	one := &phone{testnet.DialSIP(t, "tcp", at.String()), t, nowhere}
	tag := one.subscribe(1, "")
	one.notified("v1 full true")
	one.Close()
	failures := s.Transaction.Counters().TransportErrors
	bob.mu.Lock()
	sub := bob.sub
	bob.mu.Unlock()
	// The end of the connection is noticed some time after it was closed.
	for s.Transaction.Counters().TransportErrors == failures {
		sub.Changed()
	}
	if n := s.Dialog.Dialogs(); n != 1 {
		t.Fatalf("%d dialogs", n)
	}
	two := &phone{testnet.DialSIP(t, "tcp", at.String()), t, nowhere}
	two.subscribe(2, tag)
	n := two.Request()
	if !strings.HasSuffix(string(n.Body), "full true") {
		t.Errorf("body %q", n.Body)
	}
	two.Send(sipmsg.NewResponse(n, 200, ""))
	sub.Changed()
	n = two.Request()
	if !strings.HasSuffix(string(n.Body), "full false") {
		t.Errorf("body %q", n.Body)
	}
	two.Send(sipmsg.NewResponse(n, 200, ""))
	sub.Terminate(event.Termination{Reason: event.NoResource})
	two.Send(sipmsg.NewResponse(two.Request(), 200, ""))
	bob.told.want(t, "bob: over, noresource")
}

// TestUnreachableContact: where nobody listens at the Contact, requests go over the
// connection that the peer has opened, after one attempt.
func TestUnreachableContact(t *testing.T) {
	t.Parallel()
	bob := &party{name: "bob", told: make(told, 64)}
	s := ua.New(ua.Config{Packages: []event.Package{{Name: "conference", Notifier: bob}}})
	at, err := s.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer shut(t, s)
	p := &phone{testnet.DialSIP(t, "tcp", at.String()), t, "sip:alice@127.0.0.2:9;transport=tcp"}
	p.subscribe(1, "")
	p.notified("v1 full true")
	bob.mu.Lock()
	sub := bob.sub
	bob.mu.Unlock()
	sub.Changed()
	p.notified("v2 full false")
	if n := s.Transaction.Counters().TransportErrors; n != 1 {
		t.Errorf("%d attempts failed", n)
	}
	sub.Terminate(event.Termination{Reason: event.NoResource})
	p.notified("v3 full false")
	bob.told.want(t, "bob: over, noresource")
}
