package server

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip/sipid"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// issuer sends REFERs and hears what comes of them, on a socket of its own.
type issuer struct {
	*guest
	dialog *testnet.Dialog // of the REFER sent last
}

// issuer connects one for a user.
func (r *rig) issuer(name string) *issuer {
	r.t.Helper()
	return &issuer{guest: r.guest("tcp", name)}
}

// refer sends a REFER outside dialogs and returns the answer.
func (i *issuer) refer(uri, to string, fields ...string) *sipmsg.Response {
	i.rig.t.Helper()
	i.dialog = i.Dialog(i.aor(), uri)
	i.Send(i.dialog.Request(sipmsg.REFER, append([]string{"Refer-To: " + to}, fields...)...))
	return i.Response()
}

// accepted sends a REFER that is accepted, and takes the first report.
func (i *issuer) accepted(uri, to string, fields ...string) {
	i.rig.t.Helper()
	resp := i.refer(uri, to, fields...)
	if resp.Status != 202 || !strings.HasSuffix(resp.Header.Value("Contact"), ">;isfocus") {
		i.rig.t.Fatalf("%s", resp.Append(nil))
	}
	i.dialog.Learn(resp)
	i.reported("SIP/2.0 100 Trying", "active")
}

// reported takes the next NOTIFY, whose form it checks. [FOC-REF-06]
func (i *issuer) reported(status, state string) *sipmsg.Request {
	t := i.rig.t
	t.Helper()
	req := i.Request()
	i.Answer(req, 200)
	field(t, req, "Content-Type", "message/sipfrag;version=2.0")
	event, _, _ := strings.Cut(req.Header.Value("Event"), ";")
	want := "active;expires="
	if state != "active" {
		want = "terminated;reason=noresource"
	}
	if req.Method != sipmsg.NOTIFY || event != "refer" || string(req.Body) != status+"\r\n" ||
		!strings.HasPrefix(req.Header.Value("Subscription-State"), want) ||
		!strings.HasSuffix(req.Header.Value("Contact"), ">;isfocus") {
		t.Errorf("want %s, %s, got\n%s", status, state, req.Append(nil))
	}
	return req
}

// referTo is the Refer-To that names a guest.
func (g *guest) referTo(parameters string) string {
	return "<sip:" + g.name + "@" + g.Addr() + ";transport=" + g.Network() + parameters + ">"
}

// named is the guest as the roster shows him after a call by the focus.
func (g *guest) named() string { return "sip:" + g.name + "@127.0.0.1" }

// TestReferToFocus has the one who is called answer this and that; F-E.txt has the messages.
func TestReferToFocus(t *testing.T) {
	conform.Covers(t, "FOC-REF-03", "FOC-REF-04", "FOC-REF-05", "FOC-REF-06", "FOC-REF-09", "FOC-OUT-04", "FOC-OUT-12", "PRV-06", "PRV-07")
	r := serve(t, nil)
	alice := r.guest("tcp", "alice").join(lobby).connect()
	carol := r.callee("udp", "carol")
	for status, line := range map[int]string{
		486: "SIP/2.0 486 Busy Here", 603: "SIP/2.0 603 Decline", 429: "SIP/2.0 429 Provide Referrer Identity", 200: "SIP/2.0 200 OK",
	} {
		i := r.issuer("alice")
		referredBy := `<sip:alice@example.test>;cid="20398823.2UWQFN309shb3@referrer.example"`
		fields := []string{"Referred-By: " + referredBy}
		if status == 603 {
			fields = []string{"Privacy: id"}
		}
		i.accepted(lobby, carol.referTo(""), fields...) // before carol says anything
		invite := carol.called()
		if status == 603 {
			referredBy = ""
		}
		if got := invite.Header.Value("Referred-By"); got != referredBy {
			t.Errorf("Referred-By: %s", got)
		}
		if status != 200 {
			resp := carol.call.Respond(invite, status, "Server: carol's phone", "Warning: 399 carol \"secret\"")
			carol.Send(resp)
			carol.Request() // ACK
			i.reported(line, "terminated")
			i.Silence(20 * time.Millisecond)
			continue
		}
		carol.pickUp(invite)
		i.reported(line, "terminated")
		alice.say("hello")
		carol.hear("hello")
		carol.leave()
	}
	alice.leave()
	r.vacant()
}

// TestReferOverAnotherConnection: the same REFER again has nobody called again.
func TestReferOverAnotherConnection(t *testing.T) {
	conform.Covers(t, "FOC-REF-22")
	r := serve(t, nil)
	alice := r.guest("tcp", "alice").join(lobby)
	carol := r.callee("udp", "carol")
	i := r.issuer("alice")
	i.dialog = i.Dialog(i.aor(), lobby)
	refer := i.dialog.Request(sipmsg.REFER, "Refer-To: "+carol.referTo(""), "Refer-Sub: false")
	i.Send(refer)
	i.Expect(200, sipmsg.REFER)
	invite := carol.called()
	carol.Send(carol.call.Respond(invite, 486))
	carol.Request() // ACK
	other := r.dial("tcp")
	refer.Header.Set("Via", "SIP/2.0/TCP "+other.Addr()+";branch=z9hG4bK"+sipid.NewTag())
	other.Send(refer)
	other.Expect(482, sipmsg.REFER)
	carol.Silence(20 * time.Millisecond)
	alice.leave()
	r.vacant()
}

// TestReferRefused asks for what is not to be had.
func TestReferRefused(t *testing.T) {
	conform.Covers(t, "FOC-REF-01", "FOC-REF-02", "FOC-REF-03", "FOC-REF-12", "FOC-REF-13", "FOC-REF-16", "FOC-REF-19",
		"FOC-OUT-16", "FOC-DSP-06", "FOC-RMV-06")
	r := serve(t, nil)
	outsider := r.issuer("outsider")
	if resp := outsider.refer(lobby, "<sip:bob@example.test>"); resp.Status != 403 {
		t.Errorf("REFER to a conference that does not run: %s", resp.Append(nil))
	}
	alice := r.guest("tcp", "alice").join(lobby)
	i := r.issuer("alice")
	for _, test := range []struct {
		name   string
		who    *issuer
		uri    string
		to     string
		fields []string
		status int
	}{
		{"nowhere", i, nowhere, "<sip:bob@example.test>", nil, 404},
		{"factory", i, factory, "<sip:bob@example.test>", nil, 405},
		{"outsider", outsider, lobby, "<sip:bob@example.test>", nil, 403},
		{"no target", i, lobby, "", nil, 400},
		{"two targets", i, lobby, "<sip:bob@example.test>, <sip:carol@example.test>", nil, 400},
		{"two referrers", i, lobby, "<sip:bob@example.test>", []string{"Referred-By: <sip:alice@example.test>, <sip:alice@example.test>"}, 400},
		{"somebody else's name", i, lobby, "<sip:bob@example.test>", []string{"Referred-By: <sip:bob@example.test>"}, 403},
		{"another method", i, lobby, "<sip:bob@example.test;method=SUBSCRIBE>", nil, 403},
		{"method REFER", i, lobby, "<sip:bob@example.test;method=REFER>", nil, 403},
		{"contradiction", i, lobby, "<sip:bob@example.test;method=BYE?method=INVITE>", nil, 400},
		{"another scheme", i, lobby, "<http://example.test/>", nil, 403},
		{"telephone", i, lobby, "<tel:+15550100>", nil, 403},
		{"body", i, lobby, "<sip:bob@example.test?body=x>", nil, 403},
		{"itself", i, lobby, "<" + lobby + ">;isfocus", nil, 403},
		{"the factory", i, lobby, "<" + factory + ">", nil, 403},
		{"both", i, lobby, "<sip:bob@example.test>", []string{"Require: explicitsub, nosub"}, 400},
		{"remove a stranger", i, lobby, "<sip:mallory@example.test;method=BYE>", nil, 403},
	} {
		t.Run(test.name, func(t *testing.T) {
			if resp := test.who.refer(test.uri, test.to, test.fields...); resp.Status != test.status {
				t.Errorf("want %d, got\n%s", test.status, resp.Append(nil))
			} else if test.status == 405 {
				field(t, resp, "Allow", "UPDATE")
				if resp.Header.HasToken("Allow", "REFER") {
					t.Errorf("Allow: %s", resp.Header.Value("Allow"))
				}
			}
		})
	}
	two := i.Dialog(i.aor(), lobby).Request(sipmsg.REFER, "Refer-To: <sip:bob@example.test>")
	two.Header.Del("Contact")
	i.Send(two)
	i.Expect(400, sipmsg.REFER)
	i.Send(i.other(sipmsg.SUBSCRIBE, lobby, "Event: refer"))
	i.Expect(403, sipmsg.SUBSCRIBE)
	alice.leave()
	r.vacant()
}

// TestReferFloods: who asks too often is told to wait.
func TestReferFloods(t *testing.T) {
	conform.Covers(t, "FOC-REF-20")
	r := serve(t, nil)
	alice := r.guest("tcp", "alice").join(lobby)
	i := r.issuer("alice")
	statuses := make(map[int]int)
	for range 30 {
		resp := i.refer(lobby, "<sip:bob@example.test;method=SUBSCRIBE>")
		statuses[resp.Status]++
		if resp.Status == 480 && resp.Header.Value("Retry-After") == "" {
			t.Errorf("no Retry-After in\n%s", resp.Append(nil))
		}
	}
	if statuses[480] < 5 || statuses[403] < 20 {
		t.Errorf("%v", statuses)
	}
	if n := r.focus.Counters(); int(n.RefersTooMany) != statuses[480] || n.Referrals != 30 {
		t.Errorf("%+v", n)
	}
	alice.leave()
	r.vacant()
}

// TestReferInDialog refers within the INVITE dialog, whose BYE the referral
// outlives.
func TestReferInDialog(t *testing.T) {
	conform.Covers(t, "FOC-REF-07", "FOC-REF-14", "FOC-REF-18")
	r := serve(t, nil)
	host := r.guest("tcp", "host").join(lobby)
	alice := r.guest("tcp", "alice").join(lobby)
	i := &issuer{guest: alice, dialog: alice.call}
	carol, dave := r.callee("udp", "carol"), r.callee("udp", "dave")
	ids := make(map[string]bool)
	for _, g := range []*guest{carol, dave} {
		alice.Send(alice.call.Request(sipmsg.REFER, "Refer-To: "+g.referTo("")))
		alice.Expect(202, sipmsg.REFER)
		trying := i.reported("SIP/2.0 100 Trying", "active")
		ids[trying.Header.Value("Event")] = true
		if want := fmt.Sprintf("refer;id=%d", alice.call.CSeq); trying.Header.Value("Event") != want {
			t.Errorf("Event: %s, want %s", trying.Header.Value("Event"), want)
		}
	}
	first, second := carol.called(), dave.called()
	alice.leave()
	carol.pickUp(first)
	i.reported("SIP/2.0 200 OK", "terminated")
	dave.Send(dave.call.Respond(second, 486))
	dave.Request()
	i.reported("SIP/2.0 486 Busy Here", "terminated")
	if len(ids) != 2 {
		t.Errorf("%v", ids)
	}
	carol.leave()
	host.leave()
	r.vacant()
}

// TestReferWithoutReports honours who does not want any.
func TestReferWithoutReports(t *testing.T) {
	conform.Covers(t, "FOC-REF-11", "FOC-REF-12")
	r := serve(t, nil)
	alice := r.guest("tcp", "alice").join(lobby)
	i := r.issuer("alice")
	for k, fields := range [][]string{
		{"Refer-Sub: false"},
		{"Refer-Sub: false", "Supported: norefersub"},
		{"Refer-Sub: false", "Require: norefersub"},
		{"Require: nosub"},
	} {
		carol := r.callee("udp", "carol"+strconv.Itoa(k))
		resp := i.refer(lobby, carol.referTo(""), fields...)
		if resp.Status != 200 {
			t.Fatalf("%s", resp.Append(nil))
		}
		if fields[0] == "Refer-Sub: false" {
			field(t, resp, "Refer-Sub", "false")
		}
		invite := carol.called()
		carol.Send(carol.call.Respond(invite, 486))
		carol.Request()
	}
	i.Silence(50 * time.Millisecond)
	alice.leave()
	r.vacant()
}

// TestReferForSomebodyPresent needs no call, nor does a second REFER for who is
// being called.
func TestReferForSomebodyPresent(t *testing.T) {
	conform.Covers(t, "FOC-REF-17", "FOC-OUT-15")
	r := serve(t, func(c *config.Config) { c.Conferences[0].Policy.MaxUsers = 3 })
	alice := r.guest("tcp", "alice").join(lobby)
	bob := r.guest("tcp", "bob").join(lobby)
	i, j := r.issuer("alice"), r.issuer("bob")
	i.accepted(lobby, "<"+bob.aor()+">")
	i.reported("SIP/2.0 200 OK", "terminated")
	bob.Silence(20 * time.Millisecond)

	carol := r.callee("udp", "carol")
	i.accepted(lobby, carol.referTo(""))
	invite := carol.called()
	j.accepted(lobby, carol.referTo(""))
	if resp := r.issuer("alice").refer(lobby, "<sip:dave@example.test>"); resp.Status != 486 {
		t.Errorf("no place is left: %s", resp.Append(nil))
	}
	carol.pickUp(invite)
	i.reported("SIP/2.0 200 OK", "terminated")
	j.reported("SIP/2.0 200 OK", "terminated")
	carol.leave()
	r.lock(true)
	if resp := r.issuer("alice").refer(lobby, "<sip:dave@example.test>"); resp.Status != 403 {
		t.Errorf("locked: %s", resp.Append(nil))
	}
	alice.leave()
	bob.leave()
	r.vacant()
}

// TestThreeWay goes through flow F-F: the focus takes the place of a session.
func TestThreeWay(t *testing.T) {
	conform.Covers(t, "FOC-REF-15")
	r := serve(t, nil)
	alice := r.guest("tcp", "alice").join(lobby)
	bob := r.callee("tcp", "bob")
	i := r.issuer("alice")
	i.accepted(lobby, bob.referTo("?Replaces=ab-5%3Bto-tag%3Dtb%3Bfrom-tag%3Dta&From=%3Csip%3Ax%40y%3E"))
	invite := bob.called()
	field(t, invite, "Replaces", "ab-5;to-tag=tb;from-tag=ta")
	begins(t, invite, "From", "<"+lobby+">")
	bob.pickUp(invite)
	i.reported("SIP/2.0 200 OK", "terminated")
	bob.leave()
	alice.leave()
	r.vacant()
}

// TestTargetDialog widens nobody's rights.
func TestTargetDialog(t *testing.T) {
	conform.Covers(t, "FOC-REF-21")
	r := serve(t, nil)
	alice := r.guest("tcp", "alice").join(lobby)
	right := fmt.Sprintf("Target-Dialog: %s;local-tag=%s;remote-tag=%s", alice.call.CallID,
		strings.SplitN(alice.call.From, "tag=", 2)[1], strings.SplitN(alice.call.To, "tag=", 2)[1])
	for _, test := range []struct {
		who, field string
		status     int
	}{
		{"alice", right, 202}, {"alice", "Target-Dialog: x;local-tag=1;remote-tag=2", 202}, {"mallory", right, 403},
	} {
		i := r.issuer(test.who)
		resp := i.refer(lobby, "<"+alice.aor()+">", test.field, "Require: tdialog")
		if resp.Status != test.status {
			t.Errorf("%s, %s: %s", test.who, test.field, resp.Append(nil))
		}
		if test.status == 202 {
			i.reported("SIP/2.0 100 Trying", "active")
			i.reported("SIP/2.0 200 OK", "terminated")
		}
	}
	alice.leave()
	r.vacant()
}

// TestCascadedFocus takes part as a focus, and its conference is not called back.
func TestCascadedFocus(t *testing.T) {
	conform.Covers(t, "FOC-DSP-08")
	r := serve(t, nil)
	alice := r.guest("tcp", "alice").join(lobby)
	w := r.watch("tcp", "alice")
	w.full()
	remote := r.guest("tcp", "remote")
	req := remote.invite(lobby)
	req.Header.Set("Contact", "<sip:r42@"+remote.Addr()+";transport=tcp>;isfocus")
	remote.create(req)
	w.until("remote", "connected")
	if last := w.bodies[len(w.bodies)-1]; !strings.Contains(last, "<cascaded-focus>sip:r42@127.0.0.1</cascaded-focus>") {
		t.Errorf("%s", last)
	}
	if resp := r.issuer("alice").refer(lobby, "<sip:r42@"+remote.Addr()+">"); resp.Status != 403 {
		t.Errorf("%s", resp.Append(nil))
	}
	w.valid()
	remote.leave()
	alice.leave()
}
