package invite_test

import (
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/invite"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
	"github.com/confab-chat/confab/sip/transport/transporttest"
)

// rig is a stack with an invite agent on a network in memory.
type rig struct {
	*testnet.Stack
	agent *invite.Agent
}

func newRig(t *testing.T, host transport.Network, h invite.Handler) *rig {
	t.Helper()
	r := &rig{Stack: testnet.NewStack(t, host, dialog.Config{Extensions: invite.Config{}.Extensions()}, nil)}
	r.agent = invite.New(invite.Config{}, r.Dialog)
	r.agent.Serve(h)
	r.agent.Announce(sipmsg.Field{Name: "Allow", Value: r.Dialog.Allow()})
	return r
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
		r := newRig(t, net.Host("10.0.0.1"), h)
		defer r.Close()
		p := testnet.NewPeer(t, net.Host("10.0.0.2"), r.Addr)
		defer p.Close()
		f(&scene{t: t, rig: r, peer: p})
		// Whatever is left to do is done within the longest timers.
		<-time.After(2 * time.Minute)
		r.Dialogs(t, 0)
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
