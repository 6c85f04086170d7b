package server

import (
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// asked takes the REFER by which the focus invites, and returns its dialog.
func (g *guest) asked() (*sipmsg.Request, *testnet.Dialog) {
	g.rig.t.Helper()
	req := g.Request()
	if req.Method != sipmsg.REFER {
		g.rig.t.Fatalf("want REFER, got\n%s", req.Append(nil))
	}
	return req, g.Answering(req)
}

// report sends a NOTIFY of a referral.
func (g *guest) report(d *testnet.Dialog, status, state string) {
	g.rig.t.Helper()
	req := d.Request(sipmsg.NOTIFY, "Event: refer", "Subscription-State: "+state, "Content-Type: message/sipfrag;version=2.0")
	req.Body = []byte("SIP/2.0 " + status + "\r\n")
	g.Send(req)
	g.Expect(200, sipmsg.NOTIFY)
}

// TestInvitationByRefer has the focus ask users to call, as in flow F-L with the
// focus as issuer.
func TestInvitationByRefer(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-RUS-01", "FOC-RUS-02", "FOC-RUS-03", "FOC-RUS-04")
	r := serveTuned(t, func(c *config.Config) {
		c.DialOut.By = "refer"
		c.Conferences[0].Policy.Join = config.JoinMembers
		c.Conferences[0].Members = []string{"example.test"}
		c.Conferences[0].Moderators = []string{"sip:alice@example.test"}
	}, tuning{t1: brisk})
	alice := r.guest("tcp", "alice").join(lobby)
	ask := func(name string) (*guest, *issuer, *sipmsg.Request, *testnet.Dialog) {
		bob := r.callee("tcp", name)
		i := r.issuer("alice")
		i.accepted(lobby, bob.referTo(""), "Referred-By: <sip:alice@example.test>")
		req, d := bob.asked()
		return bob, i, req, d
	}
	comes := func(bob *guest) {
		bob.call = bob.Dialog(bob.named(), lobby)
		bob.Send(bob.call.Offer(sipmsg.INVITE, bob.sdp))
		bob.call.Learn(bob.Expect(200, sipmsg.INVITE))
		bob.Send(bob.call.Ack())
	}

	bob, i, req, d := ask("bob")
	field(t, req, "P-Asserted-Identity", "<"+lobby+">")
	field(t, req, "Referred-By", "<sip:alice@example.test>")
	begins(t, req, "From", "<"+lobby+">;tag=")
	begins(t, req, "To", "<"+bob.named()+">")
	if req.Header.Value("Refer-To") != req.Header.Value("Contact") || !strings.HasSuffix(req.Header.Value("Refer-To"), ">;isfocus") ||
		len(req.Body) > 0 {
		t.Errorf("%s", req.Append(nil))
	}
	bob.Send(d.Respond(req, 202))
	bob.report(d, "100 Trying", "active;expires=60")
	comes(bob)
	i.reportedLast()
	bob.report(d, "200 OK", "terminated;reason=noresource")
	bob.leave()

	bob, i, req, d = ask("decliner")
	bob.Send(d.Respond(req, 202))
	bob.report(d, "603 Decline", "terminated;reason=noresource")
	i.reported("SIP/2.0 603 Decline", "terminated")

	bob, i, req, d = ask("refuser")
	bob.Send(d.Respond(req, 403))
	i.reported("SIP/2.0 403 Forbidden", "terminated")

	// Whose device does not know REFER is called.
	bob, i, req, d = ask("old")
	bob.Send(d.Respond(req, 405))
	bob.pickUp(bob.called())
	i.reported("SIP/2.0 200 OK", "terminated")
	bob.leave()

	// Who says nothing more may come all the same, though he is no member.
	bob, i, req, d = ask("silent")
	bob.Send(d.Respond(req, 202))
	i.reported("SIP/2.0 408 Request Timeout", "terminated")
	comes(bob)
	bob.leave()
	stranger := r.guest("tcp", "stranger")
	stranger.call = stranger.Dialog("sip:stranger@127.0.0.1", lobby)
	stranger.denied(403, stranger.call.Offer(sipmsg.INVITE, stranger.sdp))
	alice.leave()
	r.vacant()
}
