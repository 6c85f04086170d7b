package server

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/focus"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/sipid"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// hungUp takes the BYE that the focus sends, and answers it.
func (g *guest) hungUp(reason string) *sipmsg.Request {
	g.rig.t.Helper()
	bye := g.Request()
	if bye.Method != sipmsg.BYE {
		g.rig.t.Fatalf("want BYE, got\n%s", bye.Append(nil))
	}
	field(g.rig.t, bye, "Reason", reason)
	g.Answer(bye, 200)
	return bye
}

const removed = `SIP;cause=200;text="Removed from conference"`

// TestRemoval has a moderator remove a user with all his devices, in every spelling; the
// messages are in F-G.txt.
func TestRemoval(t *testing.T) {
	conform.Covers(t, "FOC-RMV-01", "FOC-RMV-02", "FOC-RMV-03", "FOC-RMV-06", "FOC-RMV-10", "FOC-REF-03", "NOT-END-03", "FOC-JOI-03", "MIX-05")
	r := serve(t, func(c *config.Config) { c.Conferences[0].Moderators = []string{"sip:alice@example.test"} })
	alice := r.guest("tcp", "alice").join(lobby).connect()
	bob := r.guest("tcp", "bob").join(lobby)
	others := r.watch("tcp", "bob")
	others.full()
	i := r.issuer("alice")
	for k, spelling := range []string{
		"<sip:carol@example.test;method=BYE>", "<sip:carol@example.test?method=BYE>", "<sip:carol@example.test>;method=BYE",
	} {
		carol := r.guest("tcp", "carol").join(lobby).connect()
		laptop := r.guest("udp", "carol").join(lobby)
		w := r.watch("tcp", "carol")
		w.full()
		i.accepted(lobby, spelling)
		for _, g := range []*guest{carol, laptop} {
			if bye := g.hungUp(removed); bye.URI.String() != strings.Trim(g.Contact(), "<>") {
				t.Errorf("BYE to %s", bye.URI.String())
			}
		}
		i.reported("SIP/2.0 200 OK", "terminated")
		w.terminated("rejected", without)
		gone := slices.Repeat([]string{"disconnected"}, min(2*k+2, 5)) // those of the rounds before linger
		others.until("carol", gone...)
		if last := others.bodies[len(others.bodies)-1]; !strings.Contains(last, "booted") || !strings.Contains(last, "sip:alice@example.test") {
			t.Errorf("%s", last)
		}
		carol.refused(lobby, 403)
		r.unbar("sip:carol@example.test")
	}
	if resp := i.refer(lobby, "<sip:mallory@example.test;method=BYE>"); resp.Status != 404 {
		t.Errorf("an absent user: %s", resp.Append(nil))
	}
	if resp := r.issuer("bob").refer(lobby, "<"+alice.aor()+";method=BYE>"); resp.Status != 403 {
		t.Errorf("by a participant: %s", resp.Append(nil))
	}
	bob.leave()
	others.terminated("rejected", without)
	alice.leave()
	r.vacant()
}

// TestSelfRemoval needs no right. That he is about to be removed he hears first, which
// shows where all goes over one connection.
func TestSelfRemoval(t *testing.T) {
	conform.Covers(t, "FOC-RMV-01", "FOC-RMV-08")
	r := serve(t, nil)
	alice := r.guest("tcp", "alice").join(lobby)
	bob := r.guest("tcp", "bob").join(lobby)
	i := &issuer{guest: bob}
	i.accepted(lobby, "<"+bob.aor()+";method=BYE>")
	bob.hungUp(removed)
	i.reported("SIP/2.0 200 OK", "terminated")
	bob.join(lobby).leave() // he has not barred himself
	alice.leave()
	r.vacant()
}

// byeTimeout is when a BYE without answer has failed: Timer F of RFC 3261 §17.1.2.2.
const byeTimeout = 32 * time.Second

// TestRemovalOfTheDeaf takes effect at once, whatever the BYE is answered.
func TestRemovalOfTheDeaf(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-RMV-04", "FOC-RMV-11")
	r := serve(t, func(c *config.Config) { c.Conferences[0].Moderators = []string{"sip:alice@example.test"} })
	alice := r.guest("tcp", "alice").join(lobby).connect()
	carol := r.guest("tcp", "carol").join(lobby).connect()
	i := r.issuer("alice")
	i.accepted(lobby, "<"+carol.aor()+";method=BYE>")
	bye := carol.Request()
	alice.say("without carol")
	begun := time.Now()
	i.reported("SIP/2.0 200 OK", "terminated") // though the BYE is not answered
	if took := time.Since(begun); took > byeTimeout {
		t.Errorf("the result took %v", took)
	}
	carol.Send(carol.call.Request(sipmsg.BYE)) // crosses ours
	carol.Expect(200, sipmsg.BYE)
	carol.Answer(bye, 500)
	alice.leave()
	r.vacant()
}

// TestRemovalBeforeAck: the BYE waits for the ACK; the user is out all the same, hears nothing
// more, and the issuer is not kept waiting.
func TestRemovalBeforeAck(t *testing.T) {
	conform.Covers(t, "FOC-RMV-12", "FOC-RMV-04", "MIX-05")
	r := serve(t, func(c *config.Config) { c.Conferences[0].Moderators = []string{"sip:alice@example.test"} })
	alice := r.guest("tcp", "alice").join(lobby).connect()
	carol := r.guest("tcp", "carol")
	carol.Send(carol.invite(lobby))
	carol.ok = carol.Expect(200, sipmsg.INVITE)
	carol.call.Learn(carol.ok)
	carol.connect()
	alice.say("welcome")
	carol.hear("welcome")
	i := r.issuer("alice")
	i.accepted(lobby, "<"+carol.aor()+";method=BYE>")
	i.reported("SIP/2.0 200 OK", "terminated")
	alice.say("without carol")
	tid := carol.msrp.Send(sipid.NewTag(), "message/cpim", cpim(carol.aor(), lobby, "still here"))
	carol.msrp.Expect(tid, 481) // and nothing before it
	carol.Send(carol.other(sipmsg.OPTIONS, nowhere))
	carol.Expect(404, sipmsg.OPTIONS) // and no BYE before it
	carol.Send(carol.call.Ack())
	carol.hungUp(removed)
	alice.leave()
	r.vacant()
}

// TestRemovalWhileCalled cancels the call.
func TestRemovalWhileCalled(t *testing.T) {
	conform.Covers(t, "FOC-RMV-05", "FOC-OUT-20", "FOC-OUT-13")
	r := serve(t, func(c *config.Config) { c.Conferences[0].Moderators = []string{"sip:alice@example.test"} })
	alice := r.guest("tcp", "alice").join(lobby)
	carol := r.callee("udp", "carol")
	i, j := r.issuer("alice"), r.issuer("alice")
	i.accepted(lobby, carol.referTo(""))
	invite := carol.called()
	carol.Send(carol.call.Respond(invite, 180))
	j.accepted(lobby, carol.referTo(";method=BYE"))
	j.reported("SIP/2.0 200 OK", "terminated")
	i.reported("SIP/2.0 487 Request Terminated", "terminated")
	carol.cancelledBy("SIP;cause=487", invite)
	alice.leave()
	r.vacant()
}

// cancelledBy takes a CANCEL, and lets the call go.
func (g *guest) cancelledBy(reason string, invite *sipmsg.Request) {
	g.rig.t.Helper()
	cancel := g.Request()
	if cancel.Method != sipmsg.CANCEL {
		g.rig.t.Fatalf("want CANCEL, got\n%s", cancel.Append(nil))
	}
	field(g.rig.t, cancel, "Reason", reason)
	g.Answer(cancel, 200)
	g.Send(g.call.Respond(invite, 487))
	if ack := g.Request(); ack.Method != sipmsg.ACK {
		g.rig.t.Fatalf("want ACK, got\n%s", ack.Append(nil))
	}
}

// TestRemoveAll goes through the second half of flow F-G: the owner removes the
// conference itself.
func TestRemoveAll(t *testing.T) {
	conform.Covers(t, "FOC-RMV-07", "FOC-TRM-01", "FOC-TRM-04")
	r := serve(t, nil)
	alice := r.guest("tcp", "alice").join(factory)
	uri := alice.conferenceURI()
	bob := r.guest("tcp", "bob").join(uri)
	dave := r.callee("udp", "dave")
	i, j := r.issuer("alice"), r.issuer("alice")
	if resp := r.issuer("bob").refer(uri, "<"+uri+";method=BYE>"); resp.Status != 403 {
		t.Errorf("by a participant: %s", resp.Append(nil))
	}
	j.accepted(uri, dave.referTo(""))
	invite := dave.called()
	dave.Send(dave.call.Respond(invite, 180))
	i.accepted(uri, "<"+uri+";method=BYE>")
	i.reported("SIP/2.0 200 OK", "terminated")
	dave.cancelledBy("SIP;cause=487", invite)
	for _, g := range []*guest{alice, bob} {
		g.hungUp(removed)
	}
	j.reportedLast()
	r.vacant()
	erin := r.guest("tcp", "erin")
	erin.Send(testnet.Refused(erin.invite(uri), erin.denied(404, erin.invite(uri))))
}

// reportedLast takes reports until the last one.
func (i *issuer) reportedLast() {
	i.rig.t.Helper()
	for {
		req := i.Request()
		i.Answer(req, 200)
		if strings.HasPrefix(req.Header.Value("Subscription-State"), "terminated;reason=noresource") {
			return
		}
	}
}

// TestRemovalByAdministration needs no REFER.
func TestRemovalByAdministration(t *testing.T) {
	conform.Covers(t, "FOC-RMV-09")
	r := serve(t, nil)
	alice := r.guest("tcp", "alice").join(lobby)
	bob := r.guest("tcp", "bob").join(lobby)
	decided, done := make(chan *sip.Error, 1), make(chan struct{})
	r.focus.RemoveUser(r.entry().Instance, focus.Removal{Target: mustURI(t, bob.aor())},
		func(err *sip.Error) { decided <- err }, func() { close(done) })
	if err := <-decided; err != nil {
		t.Fatal(err)
	}
	bob.hungUp(removed)
	<-done
	alice.leave()
	r.vacant()
}

// TestAnonymousRemoval names a user as the roster does.
func TestAnonymousRemoval(t *testing.T) {
	conform.Covers(t, "PRV-05", "FOC-RMV-03")
	r := serve(t, func(c *config.Config) { c.Conferences[0].Moderators = []string{"sip:alice@example.test"} })
	alice := r.guest("tcp", "alice").join(lobby)
	bob := r.guest("tcp", "bob").join(lobby)
	carol := r.guest("tcp", "carol").join(lobby, "Privacy: id")
	i := r.issuer("alice")
	i.accepted(lobby, "<sip:anonymous1@anonymous.invalid;method=BYE>")
	carol.hungUp(removed)
	i.reported("SIP/2.0 200 OK", "terminated")
	carol.refused(lobby, 403)
	bob.leave()
	alice.leave()
	r.vacant()
}

// TestManyTargets goes through flow F-K.
func TestManyTargets(t *testing.T) {
	conform.Covers(t, "FOC-MRF-01", "FOC-MRF-02", "FOC-MRF-03", "FOC-MRF-04", "FOC-MRF-05")
	r := serve(t, func(c *config.Config) { c.Conferences[0].Moderators = []string{"sip:alice@example.test"} })
	alice := r.guest("tcp", "alice").join(lobby)
	bob := r.guest("tcp", "bob").join(lobby)
	dave := r.callee("udp", "dave")
	i := r.issuer("alice")
	many := func(who *issuer, list string, fields ...string) *sipmsg.Response {
		who.dialog = who.Dialog(who.aor(), lobby)
		req := who.dialog.Request(sipmsg.REFER, append([]string{
			"Refer-To: <cid:t1@192.0.2.11>", "Content-Type: application/resource-lists+xml",
			"Content-Disposition: recipient-list", "Content-ID: <t1@192.0.2.11>",
		}, fields...)...)
		req.Body = []byte(list)
		who.Send(req)
		return who.Response()
	}
	mixed := entries(dave.entry(`cp:copyControl="to"`), bob.aor()+";method=BYE", "sip:absent@example.test;method=BYE")
	for name, test := range map[string]struct {
		who    string
		list   string
		fields []string
		status int
	}{
		"no tag":         {"alice", mixed, nil, 400},
		"no part":        {"alice", mixed, []string{"Require: multiple-refer", "Content-ID: <t2@x>"}, 400},
		"another method": {"alice", entries(dave.entry(""), "sip:x@example.test;method=SUBSCRIBE"), []string{"Require: multiple-refer"}, 403},
		"both methods":   {"alice", entries(dave.entry(""), "sip:x@example.test", "sip:x@example.test;method=BYE"), []string{"Require: multiple-refer"}, 400},
		"no right":       {"bob", entries(dave.entry(""), alice.aor()+";method=BYE"), []string{"Require: multiple-refer"}, 403},
		"not callable":   {"alice", entries(dave.entry(""), "sip:x@224.0.1.75"), []string{"Require: multiple-refer"}, 403},
	} {
		t.Run(name, func(t *testing.T) {
			if resp := many(r.issuer(test.who), test.list, test.fields...); resp.Status != test.status {
				t.Errorf("%s", resp.Append(nil))
			}
		})
	}
	dave.Silence(50 * time.Millisecond)
	resp := many(i, mixed, "Require: multiple-refer, norefersub", "Refer-Sub: false")
	if resp.Status != 200 {
		t.Fatalf("%s", resp.Append(nil))
	}
	field(t, resp, "Refer-Sub", "false")
	if bye := bob.hungUp(removed); len(bye.Body) > 0 {
		t.Errorf("%s", bye.Append(nil))
	}
	invite := dave.called()
	if part(t, invite, "application/resource-lists+xml") == nil {
		t.Errorf("no history in\n%s", invite.Append(nil))
	}
	dave.Send(dave.call.Respond(invite, 486))
	dave.Request()
	i.Silence(20 * time.Millisecond)

	novice := r.issuer("alice")
	if resp := many(novice, entries(alice.aor()), "Require: multiple-refer"); resp.Status/100 != 2 || resp.Header.Has("Refer-Sub") {
		t.Errorf("%s", resp.Append(nil))
	}
	novice.reported("SIP/2.0 100 Trying", "terminated")
	novice.Silence(20 * time.Millisecond)
	alice.leave()
	r.vacant()
}

// TestRemovalOfWaitingCaller answers who is still on the way in.
func TestRemovalOfWaitingCaller(t *testing.T) {
	conform.Covers(t, "FOC-RMV-05", "FOC-TRM-03")
	r := serve(t, nil)
	alice := r.guest("tcp", "alice").join(factory)
	uri := alice.conferenceURI()
	i := r.issuer("alice")
	carol, dave := r.guest("tcp", "carol"), r.guest("tcp", "dave")
	waits := func(g *guest) *sipmsg.Request {
		invite := g.conditioned(uri, unreserved, "Require: precondition", "Supported: 100rel")
		g.Send(invite)
		g.prack(g.Expect(183, sipmsg.INVITE))
		return invite
	}
	invite := waits(carol)
	i.accepted(uri, "<"+carol.aor()+";method=BYE>")
	carol.Send(testnet.Refused(invite, carol.Expect(403, sipmsg.INVITE)))
	i.reported("SIP/2.0 200 OK", "terminated")
	invite = waits(dave)
	alice.leave() // the last one: the conference ends
	dave.Send(testnet.Refused(invite, dave.Expect(404, sipmsg.INVITE)))
	r.vacant()
}
