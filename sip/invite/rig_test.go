package invite_test

import (
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/invite"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transaction"
	"github.com/confab-chat/confab/sip/transport"
	"github.com/confab-chat/confab/sip/transport/transporttest"
	"github.com/confab-chat/confab/wheel"
)

// rig is a stack with an invite agent on a network in memory.
type rig struct {
	dl    *dialog.Layer
	agent *invite.Agent
	addr  netip.AddrPort
	tp    *transport.Layer
	wheel *wheel.Wheel
}

func newRig(t *testing.T, net *transporttest.Network, ip string, h invite.Handler) *rig {
	t.Helper()
	r := &rig{wheel: wheel.New(10 * time.Millisecond)}
	r.dl = dialog.New(dialog.Config{})
	r.agent = invite.New(invite.Config{}, r.dl)
	r.agent.Serve(h)
	r.agent.Announce(sipmsg.Field{Name: "Allow", Value: r.dl.Allow()})
	tl := transaction.New(transaction.Config{Wheel: r.wheel}, r.dl)
	r.tp = transport.New(transport.Config{Network: net.Host(ip)}, tl)
	tl.Bind(r.tp)
	r.dl.Bind(tl, r.tp)
	var err error
	if r.addr, err = r.tp.Listen(t.Context(), "udp", "0.0.0.0:5060"); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *rig) close() {
	r.dl.Close()
	_ = r.tp.Close()
	r.wheel.Close()
}

// scene is what a test plays with: its own t, the stack and the peer.
type scene struct {
	t    *testing.T
	rig  *rig
	peer *testnet.Peer
}

// bubble runs f in a synctest bubble with a stack at 10.0.0.1 and a bare peer at
// 10.0.0.2.
func bubble(t *testing.T, h invite.Handler, f func(x *scene)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		net := &transporttest.Network{}
		r := newRig(t, net, "10.0.0.1", h)
		p := testnet.NewPeer(t, net.Host("10.0.0.2"), r.addr)
		defer r.close()
		defer p.Close()
		f(&scene{t: t, rig: r, peer: p})
		// Whatever is left to do is done within the longest timers.
		<-time.After(2 * time.Minute)
		if n := r.dl.Dialogs(); n != 0 {
			t.Errorf("%d dialogs left", n)
		}
	})
}

// serve makes a handler of a function.
type serve func(in *invite.Incoming)

func (f serve) Invite(in *invite.Incoming) { f(in) }

// record notes what a session tells. It is read under its lock.
type record struct {
	mu      sync.Mutex
	acks    []*sipmsg.Request
	reoffer []*invite.Reoffer
	ends    []invite.End
	resps   []*sipmsg.Response
	answers [][]byte
	errs    []error
	session *invite.Session

	onReoffer func(*invite.Reoffer)
	ack       invite.Answer
	onAnswer  func(*invite.Session)
}

func (r *record) Confirmed(ack *sipmsg.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.acks = append(r.acks, ack)
}

func (r *record) Reoffer(o *invite.Reoffer) {
	r.mu.Lock()
	r.reoffer = append(r.reoffer, o)
	f := r.onReoffer
	r.mu.Unlock()
	if f != nil {
		f(o)
	}
}

func (r *record) Ended(end invite.End) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ends = append(r.ends, end)
}

func (r *record) Progress(resp *sipmsg.Response) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.resps = append(r.resps, resp)
}

func (r *record) Answered(s *invite.Session, resp *sipmsg.Response, answer []byte) (invite.SessionHandler, invite.Answer) {
	r.mu.Lock()
	r.session = s
	r.resps = append(r.resps, resp)
	r.answers = append(r.answers, answer)
	f, ack := r.onAnswer, r.ack
	r.mu.Unlock()
	if f != nil {
		f(s)
	}
	return r, ack
}

func (r *record) Failed(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.errs = append(r.errs, err)
}

// ended fails the test unless the session is over for that cause, told once.
func (r *record) ended(t *testing.T, cause invite.Cause) {
	t.Helper()
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.ends) != 1 || r.ends[0].Cause != cause {
		t.Fatalf("ends %v, want one: %v", r.ends, cause)
	}
}

func (r *record) alive(t *testing.T) {
	t.Helper()
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.ends) != 0 {
		t.Fatalf("session over: %v", r.ends)
	}
}

// replace replaces a line of a message, which must be there.
func replace(text, old, by string) string {
	if !strings.Contains(text, old) {
		panic("no " + old)
	}
	return strings.Replace(text, old, by, 1)
}
