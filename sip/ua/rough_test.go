package ua_test

import (
	"context"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/invite"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
	"github.com/confab-chat/confab/sip/transport/transporttest"
	"github.com/confab-chat/confab/sip/ua"
)

// reachable starts a stack at UDP port 5060 of a host of a network in memory.
func reachable(t *testing.T, host transport.Network, cfg ua.Config) (*ua.Stack, netip.AddrPort) {
	t.Helper()
	cfg.Transport.Network = host
	s := ua.New(cfg)
	at, err := s.Listen(t.Context(), "udp", "0.0.0.0:5060")
	if err != nil {
		t.Fatal(err)
	}
	return s, at
}

// rough is two stacks, and between them a network that loses 30 % of the datagrams,
// repeats some of the others and lets any of them overtake.
type rough struct {
	alice, bob *ua.Stack
	out        dialog.Outgoing // of requests from alice to bob
}

func newRough(t *testing.T, alice, bob ua.Config) *rough {
	t.Helper()
	net := transporttest.Bad(t, transporttest.Odds{Lost: 30, Doubled: 15, Delay: 300 * time.Millisecond})
	r := &rough{out: dialog.Outgoing{Contact: "<sip:alice@10.0.0.1>"}}
	r.out.URI, _ = sipmsg.ParseURI("sip:bob@10.0.0.2")
	r.out.From, _ = sipmsg.ParseAddress("<sip:alice@10.0.0.1>")
	r.bob, _ = reachable(t, net.Host("10.0.0.2"), bob)
	r.alice, _ = reachable(t, net.Host("10.0.0.1"), alice)
	return r
}

// call makes the call of a plan, 50 ms before the next one, and gives it up after a
// while if that is planned. It returns the Call-ID.
func (r *rough) call(n plan, offer []byte, h invite.CallHandler, after time.Duration) string {
	out := r.out
	out.Body = offer
	out.Fields = []sipmsg.Field{{Name: "Subject", Value: fmt.Sprint(int(n))}}
	c := r.alice.Invite.Invite(out, h)
	if n.cancelled() {
		time.AfterFunc(after, func() { c.Cancel() })
	}
	<-time.After(50 * time.Millisecond)
	return c.CallID()
}

// planned is the plan of a call that has come in.
func planned(in *invite.Incoming) (n plan) {
	_, _ = fmt.Sscan(in.Request().Header.Value("Subject"), &n)
	return n
}

// done fails the test if a stack still has a dialog or a transaction, and shuts both
// down.
func (r *rough) done(t *testing.T) {
	t.Helper()
	for _, s := range []*ua.Stack{r.alice, r.bob} {
		if d, o := s.Dialog.Dialogs(), s.Transaction.Open(); d != 0 || o != 0 {
			t.Errorf("%d dialogs and %d transactions left", d, o)
		}
		if c := s.Transaction.Counters(); c.Retransmitted == 0 || c.Absorbed == 0 {
			t.Error("the network was too good")
		}
		if err := s.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	}
}
