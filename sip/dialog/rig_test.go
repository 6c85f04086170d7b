package dialog_test

import (
	"context"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/locate"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transaction"
	"github.com/confab-chat/confab/sip/transport"
	"github.com/confab-chat/confab/sip/transport/transporttest"
)

// scene is what a test plays with: its own t, a stack at 10.0.0.1 whose INVITEs are
// answered 200 at once, and a bare peer at 10.0.0.2.
type scene struct {
	t     *testing.T
	net   *transporttest.Network
	stack *testnet.Stack
	peer  *testnet.Peer
	names *names
	// dialogs that INVITE made, owned by the shard of c1
	d *dialog.Dialog
}

// names resolves host names, each after a second, in reverse order of asking if told so.
// A name may stand for further addresses, to be tried after the first.
type names struct {
	*locate.Locator // for Literal

	asked  []string
	addr   map[string]netip.AddrPort
	more   []netip.AddrPort
	wait   []time.Duration
	failed []string
}

func (n *names) Failed(to transport.Target, retry time.Duration) {
	n.failed = append(n.failed, to.Addr.String()+" "+retry.String())
}

func (n *names) Locate(ctx context.Context, uri sipmsg.URI) ([]transport.Target, error) {
	n.asked = append(n.asked, uri.Host)
	wait := time.Second
	if len(n.wait) > 0 {
		wait, n.wait = n.wait[0], n.wait[1:]
	}
	select {
	case <-time.After(wait):
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	addr, ok := n.addr[uri.Host]
	if !ok {
		return nil, &net404{uri.Host}
	}
	to := []transport.Target{{Transport: transport.UDP, Addr: addr, Host: uri.Host}}
	for _, addr := range n.more {
		to = append(to, transport.Target{Transport: transport.UDP, Addr: addr, Host: uri.Host})
	}
	return to, nil
}

type net404 struct{ host string }

func (e *net404) Error() string { return "no such host: " + e.host }

// permit refuses one network.
func permit(to transport.Target) error {
	if to.Addr.Addr().As4()[0] == 172 {
		return errRefused
	}
	return nil
}

var errRefused = &sip.Error{Status: 403}

// session is a usage that answers BYE.
type session struct{ d *dialog.Dialog }

func (s *session) Serve(tx *transaction.ServerTx) bool {
	if tx.Request().Method != sipmsg.BYE {
		return false
	}
	s.d.Respond(tx, sipmsg.NewResponse(tx.Request(), 200, ""))
	s.d.Detach(s)
	return true
}

func play(t *testing.T, f func(x *scene)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		net := &transporttest.Network{}
		x := &scene{t: t, net: net, names: &names{Locator: locate.New(locate.Config{}), addr: map[string]netip.AddrPort{}}}
		x.stack = testnet.NewStack(t, net.Host("10.0.0.1"), dialog.Config{Extensions: []string{"timer"}, Permit: permit}, x.names)
		defer x.stack.Close()
		dl := x.stack.Dialog
		dl.Serves(sipmsg.ACK, sipmsg.BYE)
		dl.Handle(sipmsg.INVITE, func(tx *transaction.ServerTx) {
			d, err := dl.Accept(tx, "<sip:conf@10.0.0.1>;isfocus")
			if err != nil {
				dialog.Reply(tx, 400, "")
				return
			}
			x.d = d
			d.Attach(&session{d})
			d.Respond(tx, sipmsg.NewResponse(tx.Request(), 200, ""))
		})
		dl.Handle(sipmsg.OPTIONS, func(tx *transaction.ServerTx) { dialog.Reply(tx, 200, "") })
		x.peer = testnet.NewPeer(t, net.Host("10.0.0.2"), x.stack.Addr)
		defer x.peer.Close()
		f(x)
	})
}

// request writes a request of the peer in the call c1; fields replace those of the
// same name.
func request(method, branch, cseq, toTag string, fields ...string) string {
	if toTag != "" {
		toTag = ";tag=" + toTag
	}
	lines := []string{
		method + " sip:conf@10.0.0.1 SIP/2.0",
		"From: <sip:alice@ims.example>;tag=a1",
		"To: <sip:conf@10.0.0.1>" + toTag,
		"Call-ID: c1",
		"CSeq: " + cseq + " " + method,
	}
	if !strings.Contains(strings.Join(fields, "\n"), "Via:") {
		lines = append(lines, "Via: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK"+branch)
	}
	if !strings.Contains(strings.Join(fields, "\n"), "Contact:") {
		lines = append(lines, "Contact: <sip:alice@10.0.0.2>")
	}
	return strings.Join(append(lines, fields...), "\n") + "\n\n"
}

// establish makes a dialog and returns our tag.
func (x *scene) establish(fields ...string) string {
	x.t.Helper()
	x.peer.Send(request("INVITE", "i1", "10", "", fields...))
	to, _ := x.peer.Response(200).Header.To()
	x.peer.Send(request("ACK", "k1", "10", to.Tag()))
	synctest.Wait()
	return to.Tag()
}

// send sends a request in the dialog.
func (x *scene) send(m sipmsg.Method) {
	x.d.Do(func() { x.d.Send(x.d.NewRequest(m), transaction.ClientEvents{}) })
}
