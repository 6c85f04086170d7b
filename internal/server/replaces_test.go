package server

import (
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// replaces names the dialog of a guest as the focus sees it: to-tag is its own.
func (g *guest) replaces() string {
	tag := func(address string) string { return address[strings.Index(address, ";tag=")+5:] }
	return "Replaces: " + g.call.CallID + ";to-tag=" + tag(g.call.To) + ";from-tag=" + tag(g.call.From)
}

// TestReplaces moves a user from one device to another.
func TestReplaces(t *testing.T) {
	conform.Covers(t, "FOC-JOI-08", "FOC-JOI-10")
	r := serve(t, nil)
	bob := r.guest("tcp", "bob").join(lobby)
	first := r.guest("tcp", "alice").join(lobby)
	second := r.guest("udp", "alice").join(lobby, first.replaces(), "Require: replaces")
	farewell := first.Request()
	if farewell.Method != sipmsg.BYE || !strings.Contains(farewell.Header.Value("Reason"), "Replaced") {
		t.Errorf("%s", farewell.Append(nil))
	}
	first.Answer(farewell, 200)
	if n := r.users(); n != 2 || r.mixer.Legs() != 2 {
		t.Errorf("%d users, %d legs", n, r.mixer.Legs())
	}
	// D-50: Join says nothing that the Request-URI does not.
	carol := r.guest("tcp", "carol").join(lobby, "Join: nobody@nowhere;to-tag=1;from-tag=2")
	for _, g := range []*guest{bob, second, carol} {
		g.leave()
	}
	r.vacant()
}

// TestReplacesRefused has everything that may be wrong with it. The dialog that was named
// is as it was.
func TestReplacesRefused(t *testing.T) {
	conform.Covers(t, "FOC-JOI-09")
	r := serve(t, nil)
	alice := r.guest("tcp", "alice").join(lobby)
	gone := r.guest("tcp", "alice").join(lobby)
	gone.leave()
	// A dialog that is not one of an INVITE, and one that is still early.
	watch := r.guest("tcp", "alice")
	watch.call = watch.Dialog(watch.aor(), lobby)
	watch.Send(watch.call.Request(sipmsg.SUBSCRIBE, "Event: conference"))
	watch.call.Learn(watch.Expect(200, sipmsg.SUBSCRIBE))
	watch.Answer(watch.Request(), 200)
	early := r.guest("tcp", "alice")
	ringing := early.conditioned(lobby, unreserved, "Supported: 100rel, precondition")
	early.Send(ringing)
	early.prack(early.Expect(183, sipmsg.INVITE))
	elsewhere := r.guest("tcp", "alice").join(factory)

	named := alice.replaces()
	mirrored := strings.NewReplacer("to-tag", "from-tag", "from-tag", "to-tag").Replace(named)
	tests := map[string]struct {
		user   string
		uri    string
		status int
		fields []string
	}{
		"no match":          {"alice", lobby, 481, []string{"Replaces: x;to-tag=1;from-tag=2"}},
		"mirrored":          {"alice", lobby, 481, []string{mirrored}},
		"a subscription":    {"alice", lobby, 481, []string{watch.replaces()}},
		"an early dialog":   {"alice", lobby, 481, []string{early.replaces()}},
		"another focus":     {"alice", lobby, 481, []string{elsewhere.replaces()}},
		"at the factory":    {"alice", factory, 481, []string{named}},
		"ended":             {"alice", lobby, 603, []string{gone.replaces()}},
		"early-only":        {"alice", lobby, 486, []string{named + ";early-only"}},
		"malformed":         {"alice", lobby, 400, []string{"Replaces: x;to-tag=1"}},
		"with Join":         {"alice", lobby, 400, []string{named, "Join: x;to-tag=1;from-tag=2"}},
		"malformed Join":    {"alice", lobby, 400, []string{"Join: x;to-tag=1"}},
		"another user's":    {"mallory", lobby, 403, []string{named}},
		"another user, too": {"mallory", factory, 481, []string{named}},
	}
	for name, test := range tests {
		t.Run(name, func(*testing.T) {
			g := r.guest("tcp", test.user)
			inv := g.invite(test.uri, test.fields...)
			g.Send(inv)
			g.Send(testnet.Refused(inv, g.Expect(test.status, sipmsg.INVITE)))
		})
	}
	t.Run("twice", func(*testing.T) {
		g := r.guest("tcp", "alice")
		inv := g.invite(lobby, named)
		inv.Header.Add("Replaces", "x;to-tag=1;from-tag=2")
		g.Send(inv)
		g.Send(testnet.Refused(inv, g.Expect(400, sipmsg.INVITE)))
	})
	t.Run("outside INVITE", func(*testing.T) {
		alice.Send(alice.call.Request(sipmsg.OPTIONS, named))
		alice.Expect(400, sipmsg.OPTIONS)
	})
	early.Send(testnet.Cancel(ringing))
	early.Expect(200, sipmsg.CANCEL)
	early.Send(testnet.Refused(ringing, early.Expect(487, sipmsg.INVITE)))
	alice.leave()
	elsewhere.leave()
	for over := false; !over; {
		notify := watch.Request()
		watch.Answer(notify, 200)
		over = strings.HasPrefix(notify.Header.Value("Subscription-State"), "terminated")
	}
	r.vacant()
}

// TestOptionsTellTheTruth: what OPTIONS say is what an INVITE would meet, also where
// nothing runs, and extensions are named where they may be used.
func TestOptionsTellTheTruth(t *testing.T) {
	conform.Covers(t, "OPT-01", "OPT-02", "OPT-03")
	r := serve(t, func(c *config.Config) {
		c.Conferences[0].Members = []string{"sip:alice@example.test"}
		c.Conferences[0].Policy.Join = config.JoinMembers
	})
	alice, mallory := r.guest("tcp", "alice"), r.guest("tcp", "mallory")
	tags := func(resp *sipmsg.Response) string { return strings.Join(resp.Header.Tokens("Supported"), " ") }
	options := func(g *guest, uri string, status int) *sipmsg.Response {
		t.Helper()
		g.Send(g.other(sipmsg.OPTIONS, uri))
		return g.Expect(status, sipmsg.OPTIONS)
	}
	options(mallory, lobby, 403)
	idle := options(alice, lobby, 200)
	if got := tags(idle); !strings.HasPrefix(got, "100rel timer replaces precondition ") || !strings.HasSuffix(got, " recipient-list-invite") {
		t.Errorf("Supported, reserved: %s", got)
	}
	if !strings.Contains(string(idle.Body), "a=des:qos none local sendrecv") || !strings.HasSuffix(idle.Header.Value("Contact"), ";isfocus") {
		t.Errorf("%s", idle.Append(nil))
	}
	maker := options(mallory, factory, 200)
	if got := tags(maker); !strings.HasSuffix(got, "recipient-list-invite") || strings.Contains(maker.Header.Value("Contact"), "isfocus") {
		t.Errorf("factory:\n%s", maker.Append(nil))
	}
	if r.alive() != nil {
		t.Error("OPTIONS has started a conference")
	}
	alice.join(lobby)
	if got := tags(options(alice, lobby, 200)); strings.Contains(got, "recipient-list-invite") {
		t.Errorf("Supported, active: %s", got)
	}
	options(mallory, lobby, 403)
	alice.Send(alice.call.Request(sipmsg.OPTIONS))
	if inside := alice.Expect(200, sipmsg.OPTIONS); !strings.HasSuffix(inside.Header.Value("Contact"), ";isfocus") {
		t.Errorf("%s", inside.Append(nil))
	}
	alice.leave()
	r.vacant()
}

// TestFaultStartsNothing: an INVITE with a fault of its own does not start a conference,
// and the caller's right to join comes first.
func TestFaultStartsNothing(t *testing.T) {
	conform.Covers(t, "IDN-09")
	r := serve(t, func(c *config.Config) {
		c.Conferences[0].Members = []string{"sip:alice@example.test"}
		c.Conferences[0].Policy.Join = config.JoinMembers
	})
	for name, status := range map[string]int{"alice": 420, "mallory": 403} {
		g := r.guest("tcp", name)
		inv := g.invite(lobby, "Require: foo")
		g.Send(inv)
		resp := g.Expect(status, sipmsg.INVITE)
		if r.entry().Instance != nil {
			t.Errorf("%s has started the conference", name)
		}
		g.Send(testnet.Refused(inv, resp))
	}
	r.vacant()
}
