package focus_test

import (
	"context"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/internal/access"
	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/focus"
	"github.com/confab-chat/confab/internal/focus/focustest"
	"github.com/confab-chat/confab/internal/identity"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/internal/journal"
	"github.com/confab-chat/confab/internal/journal/local"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/resourcelist"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/refer"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
	"github.com/confab-chat/confab/sip/transport/transporttest"
	"github.com/confab-chat/confab/sip/ua"
)

const (
	domain  = "conf.example.test"
	lobby   = "sip:lobby@" + domain
	factory = "sip:factory@" + domain
)

// rig is a focus on a network in memory, with one reserved conference and a mixer that
// does what the test says. It lives in a synctest bubble.
type rig struct {
	*focus.Focus
	t         *testing.T
	net       *transporttest.Network
	stack     *ua.Stack
	gate      *access.Gate
	directory *instance.Directory
	mixer     *focustest.Mixer
}

// serve starts a focus until the test ends.
func serve(t *testing.T, change func(*conference.Policy)) *rig {
	t.Helper()
	return serveFrom(t, local.New(local.Limits{}), change)
}

// serveFrom is serve with a journal of the test's.
func serveFrom(t *testing.T, j journal.Journal, change func(*conference.Policy)) *rig {
	t.Helper()
	r := &rig{t: t, net: &transporttest.Network{}, mixer: &focustest.Mixer{}}
	policy := conference.DefaultPolicy()
	if change != nil {
		change(&policy)
	}
	var err error
	r.directory, err = instance.NewDirectory(instance.Config{
		Journal: j, Domain: domain, Policy: policy,
		Attach: []func(*instance.Instance) instance.Observer{
			func(i *instance.Instance) instance.Observer { return r.Attach(i) },
		},
	}, instance.Definition{Address: instance.Address{User: "lobby", Host: domain}, Policy: policy})
	if err != nil {
		t.Fatal(err)
	}
	inside := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	r.gate = access.New(access.Config{
		Directory: r.directory, Domain: domain, Factories: []sipmsg.URI{uri(t, factory)}, ByListener: true,
		Allow: inside, Identity: identity.New(identity.Config{Trust: inside}),
	})
	r.Focus = focus.New(focus.Config{Gate: r.gate, Directory: r.directory, Mixer: r.mixer, Agent: domain, Preconditions: true})
	r.stack = ua.New(ua.Config{
		Transport: transport.Config{Network: r.net.Host("10.0.0.1")}, Invite: r.Focus, Extensions: []string{"precondition"},
		Refer: refer.Config{Handler: r.Focus, Screen: r.Screen, Multiple: true},
	})
	r.Bind(r.stack.Dialog, r.stack.Invite, r.stack.Refer)
	for _, network := range []string{"tcp", "udp"} {
		at, err := r.stack.Listen(t.Context(), network, "10.0.0.1:5060")
		if err != nil {
			t.Fatal(err)
		}
		r.gate.AddListener(network, at)
	}
	t.Cleanup(r.stop)
	return r
}

func uri(tb testing.TB, text string) sipmsg.URI {
	tb.Helper()
	u, err := sipmsg.ParseURI(text)
	if err != nil {
		tb.Fatal(err)
	}
	return u
}

// stop shuts the focus down without waiting for peers that answer no more.
func (r *rig) stop() {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = r.directory.Shutdown(ctx)
	_ = r.stack.Shutdown(ctx)
}

// alive returns the conference that has not ended, nil if there is none.
func (r *rig) alive() *instance.Instance {
	for _, e := range r.directory.All() {
		if e.Instance != nil {
			return e.Instance
		}
	}
	return nil
}

// do has the conference carry a command out.
func (r *rig) do(c conference.Command) {
	r.t.Helper()
	i := r.alive()
	if i == nil {
		r.t.Fatalf("no conference for %T", c)
	}
	done := make(chan error, 1)
	i.Do(c, func(result instance.Result) { done <- result.Err })
	if err := <-done; err != nil {
		r.t.Fatalf("%T: %v", c, err)
	}
}

// vacant waits until nobody is in any conference, and fails the test if anything is left:
// a conference, a dialog, or a leg that the focus has not given back.
func (r *rig) vacant() {
	r.t.Helper()
	for i := r.alive(); i != nil; i = r.alive() {
		select {
		case <-i.Gone():
		case <-time.After(testnet.Patience):
			r.t.Fatalf("%s is still there", i.ID())
		}
	}
	ctx, cancel := context.WithTimeout(r.t.Context(), testnet.Patience)
	defer cancel()
	if err := r.stack.Dialog.Drain(ctx); err != nil {
		r.t.Fatalf("%d dialogs are left: %v", r.stack.Dialog.Dialogs(), err)
	}
	synctest.Wait()
	r.mixer.Balanced(r.t)
}

// invites has the focus call a user on behalf of the administration.
func (r *rig) invites(target string, progress focus.Progress) {
	r.t.Helper()
	decided := make(chan *sip.Error, 1)
	r.InviteUser(r.alive(), focus.Invitation{Target: sipmsg.Address{URI: uri(r.t, target)}},
		func(refused *sip.Error) { decided <- refused }, progress)
	if refused := <-decided; refused != nil {
		r.t.Fatal(refused)
	}
}

// called has the focus call bob, and returns the status that is reported last.
func (r *rig) called() int {
	r.t.Helper()
	last := make(chan int, 1)
	r.invites("sip:bob@10.0.0.3", func(status int, _ string, final bool) {
		if final {
			last <- status
		}
	})
	return <-last
}

// guest is a user with one device on TCP, whom the focus trusts.
type guest struct {
	*testnet.SIPPeer
	rig  *rig
	name string
	call *testnet.Dialog
	sent *sipmsg.Request // the INVITE
}

func (r *rig) guest(name string) *guest {
	r.t.Helper()
	conn, err := r.net.Host("10.0.0.2").Dial(r.t.Context(), "tcp", "10.0.0.1:5060")
	if err != nil {
		r.t.Fatal(err)
	}
	return &guest{SIPPeer: testnet.SIPOver(r.t, "tcp", conn), rig: r, name: name}
}

func (g *guest) aor() string { return "sip:" + g.name + "@example.test" }

// invite writes the INVITE to a URI, with an offer.
func (g *guest) invite(to string, fields ...string) *sipmsg.Request {
	g.call = g.Dialog(g.aor(), to)
	g.sent = g.call.Offer(sipmsg.INVITE, focustest.Description, append(fields, "P-Asserted-Identity: <"+g.aor()+">")...)
	return g.sent
}

// withList writes an INVITE with an offer and a list of recipients.
func (g *guest) withList(to string, recipients ...string) *sipmsg.Request {
	req := g.invite(to)
	var list resourcelist.List
	for _, r := range recipients {
		list = append(list, resourcelist.Entry{URI: uri(g.rig.t, r)})
	}
	part := func(contentType, body string) sipmsg.Part {
		return sipmsg.Part{Header: sipmsg.Header{Fields: []sipmsg.Field{{Name: "Content-Type", Value: contentType}}}, Body: []byte(body)}
	}
	parts := []sipmsg.Part{part("application/sdp", focustest.Description), part(resourcelist.MediaType, string(list.Append(nil)))}
	parts[1].Header.Add("Content-Disposition", "recipient-list")
	req.Header.Set("Content-Type", "multipart/mixed;boundary=b7")
	req.Body = sipmsg.AppendMultipart(nil, "b7", parts)
	return req
}

// bare takes the offer out of an INVITE.
func bare(invite *sipmsg.Request) *sipmsg.Request {
	invite.Header.Del("Content-Type")
	invite.Body = nil
	return invite
}

// join takes part in the lobby.
func (g *guest) join() *guest { return g.enter(lobby) }

// found takes part in a conference of his own making.
func (g *guest) found() *guest { return g.enter(factory) }

func (g *guest) enter(to string) *guest {
	g.rig.t.Helper()
	g.rig.mixer.Prompt(true)
	g.Send(g.invite(to))
	g.accepted()
	g.rig.mixer.Prompt(false)
	return g
}

// replaces names the guest's dialog as the focus sees it: to-tag is its own.
func (g *guest) replaces() string {
	tag := func(address string) string { return address[strings.Index(address, ";tag=")+5:] }
	return g.call.CallID + ";to-tag=" + tag(g.call.To) + ";from-tag=" + tag(g.call.From)
}

// accepted acknowledges the 200 that comes next.
func (g *guest) accepted() *guest {
	g.rig.t.Helper()
	g.call.Learn(g.Expect(200, sipmsg.INVITE))
	g.Send(g.call.Ack())
	return g
}

// refused acknowledges the refusal that comes next.
func (g *guest) refused(invite *sipmsg.Request, status int) *sipmsg.Response {
	g.rig.t.Helper()
	resp := g.Expect(status, sipmsg.INVITE)
	g.Send(testnet.Refused(invite, resp))
	return resp
}

// leave hangs up.
func (g *guest) leave() {
	g.rig.t.Helper()
	g.Send(g.call.Request(sipmsg.BYE))
	g.Expect(200, sipmsg.BYE)
}

// hungUp takes the BYE that comes next.
func (g *guest) hungUp() {
	g.rig.t.Helper()
	bye := g.Request()
	if bye.Method != sipmsg.BYE {
		g.rig.t.Fatalf("want BYE, got\n%s", bye.Append(nil))
	}
	g.Answer(bye, 200)
}

// leaves hangs up, or is hung up.
func (g *guest) leaves() {
	g.rig.t.Helper()
	synctest.Wait()
	if g.rig.alive() != nil && g.rig.alive().Phase() == conference.PhaseActive {
		g.leave()
		return
	}
	g.hungUp()
}
