package server

import (
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// warned fails the test unless a refusal tells why.
func warned(t *testing.T, resp *sipmsg.Response, why conference.Code) {
	t.Helper()
	if w := resp.Header.Value("Warning"); !strings.HasPrefix(w, "399 ") || !strings.Contains(w, why.String()) {
		t.Errorf("Warning %q, want %q", w, why)
	}
}

// do has the administration do something in the lobby.
func (r *rig) do(c conference.Command) {
	r.t.Helper()
	if err := r.entry().Instance.Await(r.t.Context(), c); err != nil {
		r.t.Fatalf("%T: %v", c, err)
	}
}

// TestModerated lets a stranger in when he was approved of.
func TestModerated(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-JOI-03")
	r := serve(t, func(c *config.Config) {
		c.Conferences[0].Moderators = []string{"sip:alice@example.test"}
		c.Conferences[0].Policy.Join = config.JoinModerated
	})
	warned(t, r.guest("udp", "bob").refused(lobby, 403), conference.CodeNotApproved)
	alice := r.guest("tcp", "alice").join(lobby)
	bob := r.guest("udp", "bob")
	decide := func(approved bool) {
		t.Helper()
		invite := bob.invite(lobby)
		bob.Send(invite)
		early := bob.Expect(183, sipmsg.INVITE)
		if c := early.Header.Value("Contact"); !strings.Contains(c, "isfocus") || len(early.Body) > 0 {
			t.Errorf("183 with Contact %q", c)
		}
		if got := r.focus.Knocking(lobby); len(got) != 1 || got[0] != "sip:bob@example.test" {
			t.Errorf("waiting: %s", got)
		}
		r.do(conference.Approve{At: time.Now(), Identity: "sip:bob@example.test", Approved: approved, By: "sip:alice@example.test"})
		if !approved {
			resp := bob.Expect(403, sipmsg.INVITE)
			warned(t, resp, conference.CodeNotApproved)
			bob.Send(testnet.Refused(invite, resp))
			return
		}
		bob.ok = bob.Expect(200, sipmsg.INVITE)
		bob.call.Learn(bob.ok)
		bob.Send(bob.call.Ack())
	}
	decide(false)
	decide(true)
	bob.leave()
	bob.join(lobby).leave() // it holds
	r.do(conference.Bar{At: time.Now(), Identity: "sip:bob@example.test"})
	warned(t, r.guest("udp", "bob").refused(lobby, 403), conference.CodeBarred)
	r.do(conference.Unbar{At: time.Now(), Identity: "sip:bob@example.test"})
	// Who gives up while he waits is waited for no more.
	carol := r.guest("tcp", "carol")
	invite := carol.invite(lobby)
	carol.Send(invite)
	carol.Expect(183, sipmsg.INVITE)
	carol.Send(testnet.Cancel(invite))
	carol.Expect(200, sipmsg.CANCEL)
	carol.Send(testnet.Refused(invite, carol.Expect(487, sipmsg.INVITE)))
	// And so is everybody when the conference has ended.
	dave := r.guest("tcp", "dave")
	late := dave.invite(lobby)
	dave.Send(late)
	dave.Expect(183, sipmsg.INVITE)
	if got := r.focus.Knocking(lobby); len(got) != 1 || got[0] != "sip:dave@example.test" {
		t.Errorf("waiting: %s", got)
	}
	r.do(conference.Lock{At: time.Now(), Locked: true})
	warned(t, r.guest("udp", "bob").refused(lobby, 403), conference.CodeLocked)
	alice.leave()
	resp := dave.Expect(403, sipmsg.INVITE) // he may not start it anew
	warned(t, resp, conference.CodeNotApproved)
	dave.Send(testnet.Refused(late, resp))
	r.vacant()
}

// TestDecidedOtherwise: who waits for approval does not need it any more, or will not get
// it.
func TestDecidedOtherwise(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-JOI-03", "FOC-RMV-05")
	const bob = "sip:bob@example.test"
	now := time.Now()
	for name, tt := range map[string]struct {
		happens func(r *rig)
		status  int
	}{
		"barred":    {func(r *rig) { r.do(conference.Bar{At: now, Identity: bob}) }, 403},
		"appointed": {func(r *rig) { r.do(conference.Appoint{At: now, Identity: bob, Role: conference.RoleModerator}) }, 200},
		"open to all": {func(r *rig) {
			policy := conference.DefaultPolicy()
			r.do(conference.Change{At: now, Policy: &policy})
		}, 200},
		"called": {func(r *rig) { r.do(conference.Invite{At: now, Identity: bob, Endpoint: "called"}) }, 200},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := serve(t, func(c *config.Config) {
				c.Conferences[0].Moderators = []string{"sip:alice@example.test"}
				c.Conferences[0].Policy.Join = config.JoinModerated
			})
			r.guest("tcp", "alice").join(lobby)
			g := r.guest("tcp", "bob")
			invite := g.invite(lobby)
			g.Send(invite)
			g.Expect(183, sipmsg.INVITE)
			tt.happens(r)
			resp := g.Expect(tt.status, sipmsg.INVITE)
			if tt.status == 403 {
				warned(t, resp, conference.CodeBarred)
			}
			if got := r.focus.Knocking(lobby); len(got) != 0 {
				t.Errorf("still waiting: %s", got)
			}
		})
	}
}

// TestNobodyDecides: who waits for approval does not wait for ever.
func TestNobodyDecides(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-JOI-13")
	r := serve(t, func(c *config.Config) {
		c.Conferences[0].Moderators = []string{"sip:alice@example.test"}
		c.Conferences[0].Policy.Join = config.JoinModerated
		c.SIP.ApprovalWait = 50 * time.Millisecond
	})
	alice := r.guest("tcp", "alice").join(lobby)
	bob := r.guest("tcp", "bob")
	invite := bob.invite(lobby)
	bob.Send(invite)
	bob.Expect(183, sipmsg.INVITE)
	resp := bob.Expect(480, sipmsg.INVITE)
	warned(t, resp, conference.CodeNotApproved)
	bob.Send(testnet.Refused(invite, resp))
	if got := r.focus.Knocking(lobby); len(got) != 0 {
		t.Errorf("still waiting: %s", got)
	}
	// His own patience may be shorter.
	r2 := serve(t, func(c *config.Config) {
		c.Conferences[0].Moderators = []string{"sip:alice@example.test"}
		c.Conferences[0].Policy.Join = config.JoinModerated
	})
	r2.guest("tcp", "alice").join(lobby)
	carol := r2.guest("tcp", "carol")
	invite = carol.invite(lobby, "Expires: 3")
	carol.Send(invite)
	carol.Expect(183, sipmsg.INVITE)
	carol.Send(testnet.Refused(invite, carol.Expect(487, sipmsg.INVITE)))
	alice.leave()
	r.vacant()
}

// TestStarting: whoever may start a reserved conference, and when.
func TestStarting(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-CRE-02", "FOC-CRE-03", "FOC-CRE-06")
	r := serve(t, nil)
	const closed, later = "sip:closed@conf.localhost", "sip:later@conf.localhost"
	for _, def := range []instance.Definition{
		{
			Address:  instance.Address{User: "closed", Host: "conf.localhost"},
			Starters: []conference.Identity{"sip:carol@example.test"}, Owner: "sip:alice@example.test",
		},
		{Address: instance.Address{User: "later", Host: "conf.localhost"}, StartAt: time.Now().Add(time.Hour)},
	} {
		if err := r.directory.Reserve(t.Context(), def); err != nil {
			t.Fatal(err)
		}
	}
	r.guest("tcp", "alice").refused(nowhere, 404)
	warned(t, r.guest("tcp", "bob").refused(closed, 403), conference.CodeNotStarted)
	if resp := r.guest("tcp", "bob").refused(later, 480); resp.Header.Value("Retry-After") == "" {
		t.Error("480 without Retry-After")
	}
	carol := r.guest("tcp", "carol").join(closed)
	alice := r.guest("tcp", "alice").join(closed)
	w := r.guest("tcp", "bob").join(closed)
	i := r.directory.Lookup(instance.Address{User: "closed", Host: "conf.localhost"}).Instance
	seen := make(chan [2]conference.Role, 1)
	if err := i.Look(func(s *conference.State) {
		seen <- [2]conference.Role{
			s.Participant("sip:alice@example.test").Role, s.Participant("sip:carol@example.test").Role,
		}
	}); err != nil {
		t.Fatal(err)
	}
	if got := <-seen; got != [2]conference.Role{conference.RoleOwner, conference.RoleParticipant} {
		t.Errorf("alice and carol are %v", got)
	}
	for _, g := range []*guest{w, alice, carol} {
		g.leave()
	}
}

// TestCreators: the factory serves those whom the configuration names.
func TestCreators(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-FAC-02")
	r := serve(t, func(c *config.Config) { c.Create = []string{"sip:alice@example.test", "example.org"} })
	resp := r.guest("tcp", "bob").refused(factory, 403)
	if w := resp.Header.Value("Warning"); !strings.Contains(w, "create") {
		t.Errorf("Warning %q", w)
	}
	if len(r.directory.All()) != 1 || r.mixer.Legs() != 0 {
		t.Error("something is left of the refused call")
	}
	r.guest("tcp", "alice").join(factory).leave()
}

// TestHistoryOutlivesConference: a durable room that everybody has left is
// reserved again, and shows what was said when it is started anew.
func TestHistoryOutlivesConference(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-TRM-06")
	dir := t.TempDir()
	for life := range 2 {
		r := serve(t, lasting(dir))
		alice := r.guest("tcp", "alice").join(lobby).connect()
		if life == 0 {
			alice.say("said in the first life")
			alice.leave()
			r.vacant()
			alice = r.guest("tcp", "alice").join(lobby).connect()
		}
		alice.hear("said in the first life")
		alice.leave()
		r.vacant()
		r.stop()
		r.ended = true
	}
}

// TestLimits: how many conferences there may be, and devices of a user.
func TestLimits(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-FAC-12", "FOC-JOI-07")
	r := serve(t, func(c *config.Config) {
		c.Limits.ConferencesPerUser, c.Limits.Conferences, c.Limits.EndpointsPerUser = 1, 2, 1
	})
	alice := r.guest("tcp", "alice").join(factory)
	resp := r.guest("tcp", "alice").refused(factory, 403)
	if w := resp.Header.Value("Warning"); !strings.HasPrefix(w, "399 ") {
		t.Errorf("Warning %q", w)
	}
	bob := r.guest("tcp", "bob").join(lobby)
	warned(t, r.guest("udp", "bob").refused(lobby, 486), conference.CodeTooManyEndpoints)
	if resp := r.guest("tcp", "carol").refused(factory, 503); resp.Header.Value("Retry-After") == "" {
		t.Error("503 without Retry-After")
	}
	if n := r.metric(`confab_refused_total{limit="conferences"}`); n != 2 {
		t.Errorf("%v refusals counted", n)
	}
	bob.leave()
	alice.leave()
	r.vacant()
}
