package server

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip/sipid"
	"github.com/confab-chat/confab/sip/sipmsg"
)

const (
	lobby   = "sip:lobby@conf.localhost"
	factory = "sip:factory@conf.localhost"
	nowhere = "sip:nowhere@conf.localhost"
)

// brisk is T1 where something has to time out: 64 of it are a time to wait for, and
// longer than those who answer ever take.
const brisk = 100 * time.Millisecond

// rig is a server on loopback with one reserved conference.
type rig struct {
	*Server
	t     testing.TB
	ended bool
}

// serve starts a server until the test ends. Change may alter its configuration.
func serve(tb testing.TB, change func(*config.Config)) *rig {
	tb.Helper()
	return serveTuned(tb, change, tuning{})
}

// serveTuned is serve with what no configuration changes.
func serveTuned(tb testing.TB, change func(*config.Config), tune tuning) *rig {
	tb.Helper()
	return serveLogged(tb, change, tune, slog.DiscardHandler)
}

// serveLogged is serveTuned with somebody who reads the log.
func serveLogged(tb testing.TB, change func(*config.Config), tune tuning, log slog.Handler) *rig {
	tb.Helper()
	cfg := config.Default()
	cfg.SIP.Listen = []config.Listener{
		{Network: "udp", Address: "127.0.0.1:0"}, {Network: "tcp", Address: "127.0.0.1:0"},
	}
	cfg.MSRP.Listen = []config.Listener{{Network: "tcp", Address: "127.0.0.1:0"}}
	cfg.HTTP.Listen = "127.0.0.1:0"
	cfg.Auth.Local = true
	cfg.Store.Path = ""
	cfg.Limits.ConnectionsPerAddress = 0
	cfg.Limits.CPUWait = 0 // tests share their machine
	cfg.Notify.MinInterval, cfg.Notify.Linger = 0, testnet.Patience
	cfg.Conferences = []config.Conference{{URI: lobby, Subject: "Lobby", Policy: cfg.Defaults}}
	cfg.Conferences[0].Policy.End.MaxDuration = 0
	cfg.Conferences[0].Policy.History.Replay = 0 // but where a test is about it
	if change != nil {
		change(cfg)
	}
	tune.bind = 2 * testnet.Patience // who has no media stays
	s, err := build(cfg, slog.New(log), tune)
	if err != nil {
		tb.Fatal(err)
	}
	if err := s.Start(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	r := &rig{Server: s, t: tb}
	tb.Cleanup(r.stop)
	return r
}

// stop shuts the server down without waiting for peers that answer no more.
func (r *rig) stop() {
	if r.ended {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = r.Shutdown(ctx)
}

// address returns where the server listens.
func (r *rig) address(proto, network string) string {
	r.t.Helper()
	a, ok := r.Addr(proto, network)
	if !ok {
		r.t.Fatalf("no %s listener over %s", proto, network)
	}
	return a.String()
}

// dial connects a SIP peer.
func (r *rig) dial(network string) *testnet.SIPPeer {
	r.t.Helper()
	return testnet.DialSIP(r.t, network, r.address("sip", network))
}

// entry returns what the directory knows of the reserved conference.
func (r *rig) entry() instance.Entry {
	return r.directory.Lookup(instance.Address{User: "lobby", Host: "conf.localhost"})
}

// end ends the reserved conference, as the administration would.
func (r *rig) end() {
	r.entry().Instance.Do(conference.End{At: time.Now(), Cause: conference.EndRequested}, nil)
}

// vacant waits until the conference has ended, and fails the test if anything
// is left of those who were in it.
func (r *rig) vacant() {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), testnet.Patience)
	defer cancel()
	for i := r.alive(); i != nil; i = r.alive() {
		select {
		case <-i.Gone():
		case <-ctx.Done():
			r.t.Fatalf("%s is still there", i.ID())
		}
	}
	if err := r.stack.Dialog.Drain(ctx); err != nil {
		r.t.Fatalf("%d dialogs are left: %v", r.stack.Dialog.Dialogs(), err)
	}
	if n := r.mixer.Legs(); n != 0 {
		r.t.Errorf("%d legs are left", n)
	}
	for _, e := range r.directory.All() {
		if e.Status != instance.Reserved {
			r.t.Errorf("%s is %s, want reserved", e.ID, e.Status)
		}
	}
}

// alive returns a conference that has not ended, nil if there is none.
func (r *rig) alive() *instance.Instance {
	for _, e := range r.directory.All() {
		if e.Instance != nil {
			return e.Instance
		}
	}
	return nil
}

// offer is the session description of a participant who connects.
func offer(name, msrp string) string {
	return testnet.Lines(
		"v=0", "o="+name+" 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0",
		"m=message 2855 TCP/MSRP *", "a=setup:active", "a=path:"+msrp,
		"a=accept-types:message/cpim", "a=accept-wrapped-types:*", "a=chatroom:private-messages",
	)
}

// attribute returns the value of the first a=name line of a description.
func attribute(tb testing.TB, description []byte, name string) string {
	tb.Helper()
	for line := range strings.SplitSeq(string(description), "\r\n") {
		if value, ok := strings.CutPrefix(line, "a="+name+":"); ok {
			return value
		}
		if line == "a="+name {
			return ""
		}
	}
	tb.Fatalf("no a=%s in\n%s", name, description)
	return ""
}

// guest is a user with one device.
type guest struct {
	*testnet.SIPPeer
	rig  *rig
	name string
	call *testnet.Dialog
	sdp  string // the offer
	ok   *sipmsg.Response
	msrp *testnet.MSRPPeer
}

// guest connects a user over network.
func (r *rig) guest(network, name string) *guest {
	r.t.Helper()
	p := r.dial(network)
	g := &guest{SIPPeer: p, rig: r, name: name, sdp: offer(name, "msrp://127.0.0.1:2855/"+name+";tcp")}
	return g
}

func (g *guest) aor() string { return "sip:" + g.name + "@example.test" }

// invite writes the INVITE to uri.
func (g *guest) invite(uri string, fields ...string) *sipmsg.Request {
	g.call = g.Dialog(g.aor(), uri)
	return g.call.Offer(sipmsg.INVITE, g.sdp, fields...)
}

// join takes part in the conference at uri without a media connection.
func (g *guest) join(uri string, fields ...string) *guest {
	g.rig.t.Helper()
	g.Send(g.invite(uri, fields...))
	g.ok = g.Expect(200, sipmsg.INVITE)
	g.call.Learn(g.ok)
	g.Send(g.call.Ack())
	return g
}

// connect opens the media connection and binds it.
func (g *guest) connect() *guest {
	g.rig.t.Helper()
	g.msrp = testnet.DialMSRP(g.rig.t, attribute(g.rig.t, []byte(g.sdp), "path"), attribute(g.rig.t, g.ok.Body, "path"))
	g.msrp.Bind()
	return g
}

// leave hangs up.
func (g *guest) leave() {
	g.rig.t.Helper()
	g.Send(g.call.Request(sipmsg.BYE))
	g.Expect(200, sipmsg.BYE)
}

// cpim wraps a text for the conference or a user.
func cpim(from, to, text string) string {
	return testnet.Lines("From: <"+from+">", "To: <"+to+">", "", "Content-Type: text/plain", "") + text
}

// say sends a message to the conference and waits until it was taken.
func (g *guest) say(text string) {
	g.rig.t.Helper()
	tid := g.msrp.Send(sipid.NewTag(), "message/cpim", cpim(g.aor(), lobby, text))
	g.msrp.Expect(tid, 200)
}

// hear fails the test unless the next message is the one wanted.
func (g *guest) hear(want string) {
	g.rig.t.Helper()
	m := g.msrp.Receive()
	if text(m) != want {
		g.rig.t.Fatalf("%s: want the message %q, got\n%s", g.name, want, m.Body)
	}
}

// text is what stands behind the wrapper's headers.
func text(m testnet.MSRPMessage) string {
	_, rest, _ := strings.Cut(string(m.Body), "\r\n\r\n")
	_, content, _ := strings.Cut(rest, "\r\n\r\n")
	return content
}

// field fails the test unless the header holds a field with that value.
func field(tb testing.TB, m sipmsg.Message, name, value string) {
	tb.Helper()
	if !slices.Contains(m.Head().Values(name), value) {
		tb.Errorf("%s: want %q, got %q", name, value, m.Head().Values(name))
	}
}

// lock locks the reserved conference, or opens it, as the administration would.
func (r *rig) lock(locked bool) {
	r.t.Helper()
	done := make(chan error, 1)
	r.entry().Instance.Do(conference.Lock{At: time.Now(), Locked: locked}, func(result instance.Result) { done <- result.Err })
	if err := <-done; err != nil {
		r.t.Fatal(err)
	}
}

// unbar lets a user back in, as the administration would.
func (r *rig) unbar(id conference.Identity) {
	r.t.Helper()
	done := make(chan error, 1)
	r.entry().Instance.Do(conference.Unbar{At: time.Now(), Identity: id}, func(result instance.Result) { done <- result.Err })
	if err := <-done; err != nil {
		r.t.Fatal(err)
	}
}
