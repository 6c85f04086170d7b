package event_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/event"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
	"github.com/confab-chat/confab/sip/transport/transporttest"
)

// rig is a stack with an event agent on a network in memory.
type rig struct {
	*testnet.Stack
	agent *event.Agent
}

func newRig(t *testing.T, host transport.Network, packages ...event.Package) *rig {
	t.Helper()
	r := &rig{Stack: testnet.NewStack(t, host, dialog.Config{}, nil)}
	r.agent = event.New(event.Config{}, r.Dialog)
	for _, p := range packages {
		r.agent.Register(p)
	}
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
func bubble(t *testing.T, packages []event.Package, f func(x *scene)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		net := &transporttest.Network{}
		r := newRig(t, net.Host("10.0.0.1"), packages...)
		defer r.Close()
		p := testnet.NewPeer(t, net.Host("10.0.0.2"), r.Addr)
		defer p.Close()
		f(&scene{t: t, rig: r, peer: p})
		// Whatever is left to do is done when the longest subscription is over.
		<-time.After(2 * time.Hour)
		r.Dialogs(t, 0)
	})
}

// feed is a package of one subscription whose bodies the test sets.
type feed struct {
	mu     sync.Mutex
	sub    *event.Subscription
	pulls  []event.Pull
	ends   []event.Termination
	next   func(p event.Pull) (event.Body, bool)
	refuse *sip.Error
}

func (f *feed) Subscribe(in *event.Incoming) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sub = in.Accept(f, "<sip:conf@10.0.0.1>;isfocus")
}

func (f *feed) Next(p event.Pull) (event.Body, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pulls = append(f.pulls, p)
	if f.next == nil {
		return event.Body{ContentType: "text/plain", Data: []byte("state")}, true
	}
	return f.next(p)
}

func (f *feed) Refresh(*sipmsg.Request, transport.Source) *sip.Error { return f.refuse }

func (f *feed) Ended(t event.Termination) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ends = append(f.ends, t)
}

// ended fails the test unless the subscription ended once, for that reason.
func (f *feed) ended(t *testing.T, reason event.Reason) {
	t.Helper()
	synctest.Wait()
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.ends) != 1 || f.ends[0].Reason != reason {
		t.Fatalf("ends %v, want one %q", f.ends, reason)
	}
}

func (f *feed) lives(t *testing.T) {
	t.Helper()
	synctest.Wait()
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.ends) != 0 {
		t.Fatalf("ended %v", f.ends)
	}
}

func (f *feed) pulled() []event.Pull {
	synctest.Wait()
	f.mu.Lock()
	defer f.mu.Unlock()
	pulls := f.pulls
	f.pulls = nil
	return pulls
}

func conference(f *feed) []event.Package {
	return []event.Package{
		{Name: "conference", MinExpires: 60, MaxExpires: 3600, Notifier: f},
		{Name: "refer", Notifier: f},
	}
}
