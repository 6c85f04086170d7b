package refer_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/event"
	"github.com/confab-chat/confab/sip/invite"
	"github.com/confab-chat/confab/sip/refer"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
	"github.com/confab-chat/confab/sip/transport/transporttest"
)

// rig is a stack with INVITE, events and REFER on a network in memory.
type rig struct {
	*testnet.Stack
	invite *invite.Agent
	agent  *refer.Agent

	mu       sync.Mutex
	incoming []*refer.Incoming
}

func (r *rig) Refer(in *refer.Incoming) {
	if fault := in.Fault(); fault != nil {
		in.Reject(fault)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.incoming = append(r.incoming, in)
}

// Invite takes every call.
func (r *rig) Invite(in *invite.Incoming) { in.Accept(invite.Answer{Body: []byte("v=0")}, idle{}) }

type idle struct{}

func (idle) Confirmed(*sipmsg.Request) {}
func (idle) Reoffer(*invite.Reoffer)   {}
func (idle) Ended(invite.End)          {}

func newRig(t *testing.T, host transport.Network, multiple bool) *rig {
	t.Helper()
	r := &rig{}
	cfg := refer.Config{Handler: r, Multiple: multiple}
	r.Stack = testnet.NewStack(t, host, dialog.Config{Extensions: cfg.Extensions()}, nil)
	r.agent = refer.New(cfg, r.Dialog, event.New(event.Config{}, r.Dialog))
	r.invite = invite.New(invite.Config{}, r.Dialog)
	r.invite.Serve(r)
	return r
}

// scene is what a test plays with: its own t, the stack and the peer.
type scene struct {
	t    *testing.T
	rig  *rig
	peer *testnet.Peer
	seq  int
}

// play runs f in a synctest bubble with a stack at 10.0.0.1 and a bare peer at
// 10.0.0.2. No dialog may be left in the end.
func play(t *testing.T, f func(x *scene)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		net := &transporttest.Network{}
		r := newRig(t, net.Host("10.0.0.1"), true)
		defer r.Close()
		p := testnet.NewPeer(t, net.Host("10.0.0.2"), r.Addr)
		defer p.Close()
		f(&scene{t: t, rig: r, peer: p})
		<-time.After(2 * time.Hour)
		r.Dialogs(t, 0)
	})
}

// taken returns the REFER that came in last, nil if none did since.
func (x *scene) taken() *refer.Incoming {
	synctest.Wait()
	x.rig.mu.Lock()
	defer x.rig.mu.Unlock()
	if len(x.rig.incoming) == 0 {
		return nil
	}
	in := x.rig.incoming[len(x.rig.incoming)-1]
	x.rig.incoming = nil
	return in
}

// write returns a request of the peer in the call named; tag is ours. Fields that
// begin with "-" take one away.
func (x *scene) write(method, call, tag string, fields ...string) string {
	x.seq++
	to := "To: <sip:conf@10.0.0.1>"
	if tag != "" {
		to += ";tag=" + tag
	}
	lines := []string{
		method + " sip:conf@10.0.0.1 SIP/2.0",
		fmt.Sprintf("Via: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK%d", x.seq),
		"From: <sip:alice@ims.example>;tag=a", to, "Call-ID: " + call,
		fmt.Sprintf("CSeq: %d %s", x.seq, method), "Contact: <sip:alice@10.0.0.2>",
	}
	body := ""
	for _, f := range fields {
		switch {
		case strings.HasPrefix(f, "-"):
			var kept []string
			for _, l := range lines {
				if !strings.HasPrefix(l, f[1:]) {
					kept = append(kept, l)
				}
			}
			lines = kept
		case strings.HasPrefix(f, "<"):
			body = f
		default:
			lines = append(lines, f)
		}
	}
	return strings.Join(lines, "\n") + "\n\n" + body
}

// refer sends a REFER outside any dialog and returns what the handler got.
func (x *scene) refer(fields ...string) *refer.Incoming {
	x.t.Helper()
	x.peer.Send(x.write("REFER", fmt.Sprint("rf-", x.seq), "", fields...))
	in := x.taken()
	if in == nil {
		x.t.Fatalf("refused: %s", testnet.Line(x.peer.Next(time.Second)))
	}
	return in
}

// accepted sends a REFER outside any dialog, which is accepted and reported on at once.
func (x *scene) accepted() *refer.Referral {
	x.t.Helper()
	r := x.refer(bob).Accept("")
	x.peer.Response(202)
	x.told("SIP/2.0 100 Trying", "active;expires=180")
	return r
}

// told takes a NOTIFY of ours, checks what each must have, and answers it.
func (x *scene) told(line, state string) *sipmsg.Request {
	x.t.Helper()
	n := x.peer.Request(sipmsg.NOTIFY)
	x.report(n, line, state)
	x.peer.Answer(n, 200, "", "", "")
	return n
}

func (x *scene) report(n *sipmsg.Request, line, state string) {
	x.t.Helper()
	ev, err := n.Header.Event()
	if err != nil || ev.Package != "refer" {
		x.t.Errorf("Event %v", ev)
	}
	if got := n.Header.Value("Subscription-State"); got != state {
		x.t.Errorf("Subscription-State %s, want %s", got, state)
	}
	if got := n.Header.Value("Content-Type"); got != "message/sipfrag;version=2.0" {
		x.t.Errorf("Content-Type %s", got)
	}
	if got := string(n.Body); got != line+"\r\n" {
		x.t.Errorf("body %q, want %q", got, line)
	}
}
