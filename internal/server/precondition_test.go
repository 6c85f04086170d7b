package server

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/participant"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// What a UE says of its resources before and after it has reserved them.
const (
	unreserved = "a=curr:qos local none\r\na=curr:qos remote none\r\n" +
		"a=des:qos mandatory local sendrecv\r\na=des:qos none remote sendrecv\r\n"
	reserved = "a=curr:qos local sendrecv\r\na=curr:qos remote sendrecv\r\n" +
		"a=des:qos mandatory local sendrecv\r\na=des:qos none remote sendrecv\r\n"
	optional = "a=curr:qos local none\r\na=curr:qos remote none\r\n" +
		"a=des:qos optional local sendrecv\r\na=des:qos optional remote sendrecv\r\n"
)

// conditions are the lines of a description about preconditions.
func conditions(description []byte) string {
	var out []string
	for line := range strings.SplitSeq(string(description), "\r\n") {
		for _, kind := range []string{"curr", "des", "conf"} {
			if strings.HasPrefix(line, "a="+kind+":") {
				out = append(out, strings.TrimPrefix(line, "a="))
			}
		}
	}
	return strings.Join(out, "\n")
}

// conditioned writes the INVITE of a UE that uses preconditions.
func (g *guest) conditioned(uri, lines string, fields ...string) *sipmsg.Request {
	base := g.sdp
	g.sdp += lines
	inv := g.invite(uri, append(fields, "Allow: INVITE, ACK, BYE, PRACK, UPDATE")...)
	g.sdp = base
	return inv
}

// users counts those who are connected to the one conference that is alive.
func (r *rig) users() int {
	r.t.Helper()
	n := make(chan int, 1)
	if err := r.alive().Look(func(s *conference.State) { n <- s.UserCount() }); err != nil {
		r.t.Fatal(err)
	}
	return <-n
}

// prack acknowledges a reliable response to the INVITE with CSeq 1.
func (g *guest) prack(resp *sipmsg.Response) {
	g.rig.t.Helper()
	g.call.Learn(resp)
	g.Send(g.call.Request(sipmsg.PRACK, "RAck: "+resp.Header.Value("RSeq")+" 1 INVITE"))
	g.Expect(200, sipmsg.PRACK)
}

// update tells of resources; the description's version is counted.
func (g *guest) update(version int, lines string) *sipmsg.Response {
	g.rig.t.Helper()
	text := strings.Replace(g.sdp, " 1 1 IN", " 1 "+strconv.Itoa(version)+" IN", 1) + lines
	g.Send(g.call.Offer(sipmsg.UPDATE, text, "Require: precondition"))
	return g.Expect(200, sipmsg.UPDATE)
}

// ack acknowledges the 200 to the first INVITE.
func (g *guest) ack() {
	req := g.call.Ack()
	req.Header.Set("CSeq", "1 ACK")
	g.Send(req)
}

// suspended checks the 183 to an INVITE with preconditions.
func suspended(t *testing.T, resp *sipmsg.Response) {
	t.Helper()
	field(t, resp, "Require", "100rel")
	field(t, resp, "Require", "precondition")
	if !resp.Header.Has("RSeq") || !resp.Header.HasToken("Allow", "UPDATE") {
		t.Errorf("183:\n%s", resp.Append(nil))
	}
	if contact := resp.Header.Value("Contact"); !strings.HasSuffix(contact, ";isfocus") {
		t.Errorf("Contact %s", contact)
	}
	const want = "curr:qos local sendrecv\ncurr:qos remote none\n" +
		"des:qos none local sendrecv\ndes:qos mandatory remote sendrecv\nconf:qos remote sendrecv"
	if got := conditions(resp.Body); got != want {
		t.Errorf("answer:\n%s", got)
	}
}

// TestPreconditions has Require as RFC 3312 wants it, and Supported as UEs of IMS do, at
// factory and conference; F-B.txt has the messages.
func TestPreconditions(t *testing.T) {
	conform.Covers(t, "FOC-FAC-04", "FOC-FAC-05", "PRE-04", "PRE-05", "PRE-06", "PRE-07", "PRE-08")
	for _, fields := range [][]string{
		{"Require: precondition", "Supported: 100rel, timer"},
		{"Supported: 100rel, precondition"},
		{"Require: 100rel, precondition"},
	} {
		for _, uri := range []string{factory, lobby} {
			r := serve(t, nil)
			alice := r.guest("tcp", "alice")
			alice.Send(alice.conditioned(uri, unreserved, fields...))
			progress := alice.Expect(183, sipmsg.INVITE)
			suspended(t, progress)
			alice.prack(progress)
			// Not in the conference yet: nobody sees her, and she may not subscribe.
			if n := r.users(); n != 0 {
				t.Errorf("%d users before the 200", n)
			}
			if uri == lobby { // who creates a conference owns it, and may watch it anyhow
				alice.hasNoPart(progress)
			}
			// One that still lacks it is answered, and she goes on waiting.
			again := alice.update(2, strings.Replace(unreserved, "remote none", "remote sendrecv", 1))
			if got := conditions(again.Body); !strings.Contains(got, "curr:qos remote none") {
				t.Errorf("answer to UPDATE:\n%s", got)
			}
			done := alice.update(3, reserved)
			if got := conditions(done.Body); !strings.Contains(got, "curr:qos local sendrecv\ncurr:qos remote sendrecv") || strings.Contains(got, "conf") {
				t.Errorf("answer to UPDATE:\n%s", got)
			}
			alice.ok = alice.Expect(200, sipmsg.INVITE)
			if len(alice.ok.Body) != 0 || alice.ok.Header.Value("Contact") != progress.Header.Value("Contact") ||
				done.Header.Value("Contact") != progress.Header.Value("Contact") {
				t.Errorf("200:\n%s", alice.ok.Append(nil))
			}
			alice.ack()
			alice.ok.Body = progress.Body
			if uri == lobby {
				alice.say("now")
			} else {
				alice.connect()
			}
			alice.leave()
			r.vacant()
		}
	}
}

// hasNoPart fails the test unless somebody who is not in the conference yet may neither
// watch it nor send messages to it.
func (g *guest) hasNoPart(progress *sipmsg.Response) {
	g.rig.t.Helper()
	g.Send(g.other(sipmsg.SUBSCRIBE, g.call.URI, "Event: conference"))
	g.Expect(403, sipmsg.SUBSCRIBE)
	g.msrp = testnet.DialMSRP(g.rig.t, attribute(g.rig.t, []byte(g.sdp), "path"), attribute(g.rig.t, progress.Body, "path"))
	g.msrp.Expect(g.msrp.Send("early", "message/cpim", cpim(g.aor(), lobby, "early")), 403)
}

// TestPreconditionsMetAtOnce: with Require there is a 183 all the same; without it, and
// where nothing is mandatory, the answer is in the 200.
func TestPreconditionsMetAtOnce(t *testing.T) {
	conform.Covers(t, "PRE-04", "PRE-05", "PRE-13")
	r := serve(t, nil)
	alice := r.guest("udp", "alice")
	alice.Send(alice.conditioned(lobby, reserved, "Require: precondition", "Supported: 100rel"))
	progress := alice.Expect(183, sipmsg.INVITE)
	alice.prack(progress)
	alice.Expect(200, sipmsg.INVITE)
	alice.ack()
	for name, lines := range map[string]string{"bob": reserved, "carol": optional} {
		g := r.guest("udp", name)
		g.Send(g.conditioned(lobby, lines, "Supported: 100rel, precondition"))
		g.ok = g.Expect(200, sipmsg.INVITE)
		if got := conditions(g.ok.Body); !strings.HasPrefix(got, "curr:qos local sendrecv\n") || strings.Contains(got, "conf:") {
			t.Errorf("%s:\n%s", name, got)
		}
		g.call.Learn(g.ok)
		g.ack()
		g.leave()
	}
	none := strings.NewReplacer("optional", "none").Replace(optional)
	for name, fields := range map[string][]string{"dave": {"Supported: 100rel, precondition"}, "erin": nil} {
		g := r.guest("udp", name)
		lines := none
		if fields == nil {
			lines = unreserved // nobody said that this counts
		}
		g.Send(g.conditioned(lobby, lines, fields...))
		g.ok = g.Expect(200, sipmsg.INVITE)
		if got := conditions(g.ok.Body); got != "" {
			t.Errorf("%s:\n%s", name, got)
		}
		g.call.Learn(g.ok)
		g.ack()
		g.leave()
	}
	alice.leave()
	r.vacant()
}

// TestPreconditionsRefused: who cannot acknowledge, what can never be met, and a server
// that has them switched off.
func TestPreconditionsRefused(t *testing.T) {
	conform.Covers(t, "PRE-09", "PRE-10")
	r := serve(t, nil)
	off := serve(t, func(c *config.Config) { c.SIP.Preconditions = "off" })
	refused := func(r *rig, lines string, status int, fields ...string) *sipmsg.Response {
		g := r.guest("tcp", "alice")
		inv := g.conditioned(lobby, lines, fields...)
		g.Send(inv)
		resp := g.Expect(status, sipmsg.INVITE)
		if status == 200 {
			g.call.Learn(resp)
			g.ack()
			g.leave()
		} else {
			g.Send(testnet.Refused(inv, resp))
		}
		return resp
	}
	for _, fields := range [][]string{{"Require: precondition"}, {"Supported: precondition"}} {
		field(t, refused(r, unreserved, 421, fields...), "Require", "100rel")
	}
	e2e := "a=curr:qos e2e none\r\na=des:qos mandatory e2e sendrecv\r\n"
	resp := refused(r, e2e, 580, "Require: precondition", "Supported: 100rel")
	if got := string(resp.Body); !strings.Contains(got, "m=message 0 TCP/MSRP *\r\na=des:qos failure e2e sendrecv\r\n") {
		t.Errorf("580:\n%s", got)
	}
	sec := "a=des:sec mandatory e2e sendrecv\r\n"
	resp = refused(r, sec, 580, "Supported: 100rel, precondition")
	if got := conditions(resp.Body); got != "des:sec unknown e2e sendrecv" {
		t.Errorf("580:\n%s", got)
	}
	field(t, refused(off, unreserved, 420, "Require: precondition", "Supported: 100rel"), "Unsupported", "precondition")
	plain := refused(off, unreserved, 200, "Supported: 100rel, precondition")
	if got := conditions(plain.Body); got != "" || plain.Header.HasToken("Supported", "precondition") {
		t.Errorf("switched off:\n%s", plain.Append(nil))
	}
	r.vacant()
	off.vacant()
}

// TestPreconditionsNeverMet: the UE stalls, or gives up, or the conference ends.
func TestPreconditionsNeverMet(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PRE-11")
	r := serve(t, func(c *config.Config) { c.SIP.PreconditionWait = 3 * time.Second })
	bob := r.guest("tcp", "bob").join(lobby)
	alice := r.guest("tcp", "alice")
	inv := alice.conditioned(lobby, unreserved, "Supported: 100rel, precondition")
	alice.Send(inv)
	alice.prack(alice.Expect(183, sipmsg.INVITE))
	late := alice.Expect(580, sipmsg.INVITE)
	alice.Send(testnet.Refused(inv, late))
	if got := conditions(late.Body); got != "des:qos failure remote sendrecv" {
		t.Errorf("580:\n%s", got)
	}
	if r.mixer.Legs() != 1 {
		t.Errorf("%d legs", r.mixer.Legs())
	}
	bob.leave()
	r.vacant()
}

// TestSuspendedCallEnds: CANCEL, BYE, or the end of the conference.
func TestSuspendedCallEnds(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-JOI-13")
	for _, how := range []string{"CANCEL", "BYE", "Expires", "end"} {
		r := serve(t, nil)
		bob := r.guest("tcp", "bob").join(lobby)
		alice := r.guest("tcp", "alice")
		inv := alice.conditioned(lobby, unreserved, "Supported: 100rel, precondition")
		if how == "Expires" {
			inv.Header.Add("Expires", "3")
		}
		alice.Send(inv)
		alice.prack(alice.Expect(183, sipmsg.INVITE))
		status := 487
		switch how {
		case "Expires": // of the INVITE, in a while
		case "CANCEL":
			alice.Send(testnet.Cancel(inv))
			alice.Expect(200, sipmsg.CANCEL)
		case "BYE":
			alice.Send(alice.call.Request(sipmsg.BYE))
			alice.Expect(200, sipmsg.BYE)
		default:
			status = 480
			r.end()
			bob.Answer(bob.Request(), 200)
		}
		alice.Send(testnet.Refused(inv, alice.Expect(status, sipmsg.INVITE)))
		if how != "end" {
			bob.leave()
		}
		r.vacant()
	}
}

// TestOfferWithPreconditions: an INVITE without offer gets ours in the 183, and its
// PRACK tells of the UE's resources.
func TestOfferWithPreconditions(t *testing.T) {
	r := serve(t, nil)
	alice := r.guest("tcp", "alice")
	alice.call = alice.Dialog(alice.aor(), lobby)
	alice.Send(alice.call.Request(sipmsg.INVITE, "Require: precondition", "Supported: 100rel", "Allow: UPDATE"))
	progress := alice.Expect(183, sipmsg.INVITE)
	alice.call.Learn(progress)
	const want = "curr:qos local sendrecv\ncurr:qos remote none\ndes:qos optional local sendrecv\ndes:qos optional remote sendrecv"
	if got := conditions(progress.Body); got != want {
		t.Errorf("offer:\n%s", got)
	}
	answer := strings.Replace(alice.sdp, "setup:active", "setup:active\r\na=curr:qos local none\r\na=curr:qos remote sendrecv\r\n"+
		"a=des:qos mandatory local sendrecv\r\na=des:qos optional remote sendrecv", 1)
	alice.Send(alice.call.Offer(sipmsg.PRACK, answer, "RAck: "+progress.Header.Value("RSeq")+" 1 INVITE"))
	alice.Expect(200, sipmsg.PRACK)
	alice.update(2, reserved)
	alice.ok = alice.Expect(200, sipmsg.INVITE)
	alice.ack()
	alice.ok.Body = progress.Body
	alice.connect()
	alice.leave()
	r.vacant()
}

// TestOfferUnanswered: the PRACK to our offer has no answer, or none that can be used. It
// is answered 200 all the same, and the INVITE 488, as no BYE may end an early dialog.
func TestOfferUnanswered(t *testing.T) {
	conform.Covers(t, "FOC-FAC-10", "MIX-01")
	r := serve(t, nil)
	for name, answer := range map[string]string{
		"none": "", "foreign": "nonsense", "refused": offer("alice", "msrp://127.0.0.1:2855/alice;tcp"),
	} {
		alice := r.guest("tcp", "alice")
		alice.call = alice.Dialog(alice.aor(), lobby)
		inv := alice.call.Request(sipmsg.INVITE, "Require: precondition", "Supported: 100rel", "Allow: UPDATE")
		alice.Send(inv)
		progress := alice.Expect(183, sipmsg.INVITE)
		alice.call.Learn(progress)
		rack := "RAck: " + progress.Header.Value("RSeq") + " 1 INVITE"
		prack := alice.call.Request(sipmsg.PRACK, rack)
		if answer != "" {
			prack = alice.call.Offer(sipmsg.PRACK, strings.Replace(answer, "m=message 2855", "m=message 0", 1), rack)
		}
		alice.Send(prack)
		alice.Expect(200, sipmsg.PRACK)
		if resp := alice.Expect(488, sipmsg.INVITE); !resp.Header.Has("Warning") && name != "none" {
			t.Errorf("%s:\n%s", name, resp.Append(nil))
		} else {
			alice.Send(testnet.Refused(inv, resp))
		}
		r.vacant()
	}
}

// TestStreamMovesWithResources: a re-INVITE moves the stream to another path, for which
// the UE has no resources yet. Messages take the old one until it has.
func TestStreamMovesWithResources(t *testing.T) {
	conform.Covers(t, "PRE-14")
	for _, method := range []sipmsg.Method{sipmsg.INVITE, sipmsg.UPDATE} {
		r := serve(t, nil)
		bob := r.guest("tcp", "bob").join(lobby).connect()
		alice := r.guest("tcp", "alice")
		alice.Send(alice.conditioned(lobby, reserved, "Supported: 100rel, precondition"))
		alice.ok = alice.Expect(200, sipmsg.INVITE)
		alice.call.Learn(alice.ok)
		alice.ack()
		alice.connect()
		bob.say("before")
		alice.hear("before")
		alice.sdp = strings.Replace(alice.sdp, "/alice;tcp", "/alice2;tcp", 1)
		moved := strings.Replace(alice.sdp, " 1 1 IN", " 1 2 IN", 1) + unreserved
		alice.Send(alice.call.Offer(method, moved, "Supported: 100rel, precondition"))
		answer := alice.Expect(200, method)
		if got := conditions(answer.Body); !strings.Contains(got, "curr:qos remote none") || !strings.Contains(got, "conf:qos remote sendrecv") {
			t.Errorf("answer:\n%s", got)
		}
		if method == sipmsg.INVITE {
			alice.Send(alice.call.Ack())
		}
		bob.say("meanwhile")
		alice.hear("meanwhile") // over the old path
		alice.msrp.Bind()       // whose answer says that hers was read: else she gets it again
		done := alice.update(3, reserved)
		if attribute(t, done.Body, "path") != attribute(t, answer.Body, "path") ||
			attribute(t, done.Body, "path") == attribute(t, alice.ok.Body, "path") {
			t.Errorf("paths: %s", done.Body)
		}
		alice.ok = done
		alice.connect()
		bob.say("after")
		alice.hear("after") // over the new one
		alice.leave()
		bob.leave()
		r.vacant()
	}
}

// TestParticipantWithPreconditions has the library's UE join and create.
func TestParticipantWithPreconditions(t *testing.T) {
	conform.Covers(t, "PAR-CRE-02")
	for _, way := range []participant.Preconditions{participant.SupportPreconditions, participant.RequirePreconditions} {
		for _, network := range []string{"udp", "tcp"} {
			r := serve(t, nil)
			u := r.ueWith(t, network, "alice", func(c *participant.Config) {
				c.Preconditions = way
				c.Reserve = func(done func(bool)) { time.AfterFunc(50*time.Millisecond, func() { done(true) }) }
			})
			bob, err := r.ue(t, network, "bob").Join(t.Context(), lobby, participant.Options{})
			if err != nil {
				t.Fatal(err)
			}
			alice, err := u.Join(t.Context(), lobby, participant.Options{})
			if err != nil {
				t.Fatal(err)
			}
			sees(t, bob, "alice", "bob")
			if _, err := alice.Send(t.Context(), "hello"); err != nil {
				t.Fatal(err)
			}
			hears(t, bob, "alice", "hello", false)
			if _, err := u.Create(t.Context(), factory, participant.Options{}); err != nil {
				t.Error(err)
			}
		}
	}
}
