package participant

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// listens opens the UE for invitations.
func (x *stage) listens() {
	x.t.Helper()
	at, err := x.ue.Listen(x.t.Context())
	if err != nil || at.String() != "10.0.0.1:49153" || x.ue.Contact() != "sip:alice@10.0.0.1:49153" {
		x.t.Fatalf("listening at %v, %s: %v", at, x.ue.Contact(), err)
	}
}

// callee writes a request of the focus outside any dialog.
func (x *stage) callee(method, call string, cseq int, fields ...string) {
	to := "To: <sip:alice@ims.example>"
	if len(fields) > 0 && strings.HasPrefix(fields[0], "To:") {
		to, fields = fields[0], fields[1:]
	}
	x.focus.Send(strings.ReplaceAll(strings.Join(append([]string{
		method + " sip:alice@10.0.0.1:49153 SIP/2.0",
		fmt.Sprintf("Via: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK%s%s%d", method, call, cseq),
		"From: Tea <" + lobby + ">;tag=o", to, "Call-ID: " + call,
		fmt.Sprintf("CSeq: %d %s", cseq, method), contactOf,
	}, fields...), "\n"), "\r\n", "\n"))
}

// calls has the focus call the UE with an offer; its leg waits for the UE.
func (x *stage) calls(fields ...string) {
	x.t.Helper()
	x.callee("INVITE", "call", 1, append(fields, "Content-Type: application/sdp\n\n"+x.offers())...)
}

// offers makes a leg and its offer.
func (x *stage) offers() string {
	x.t.Helper()
	l := &leg{bound: make(chan struct{}, 1), messages: make(chan *msrp.Incoming, 64), sent: make(chan error, 64)}
	var err error
	if l.session, err = x.mixer.NewSession(msrp.SessionConfig{Handler: l, Host: "10.0.0.2", Port: 2855}); err != nil {
		x.t.Fatal(err)
	}
	x.leg = l
	return strings.Replace(x.description(l.session.URI()), "a=setup:passive", "a=setup:actpass", 1)
}

// invited takes an invitation.
func (x *stage) invited() *Invitation {
	x.t.Helper()
	select {
	case i := <-x.ue.Incoming():
		return i
	case <-time.After(time.Second):
		x.t.Fatal("not invited")
		return nil
	}
}

// accepted accepts and returns where the outcome will come.
func (x *stage) accepted(i *Invitation) <-chan outcome {
	result := make(chan outcome, 1)
	go func() {
		c, err := i.Accept(x.t.Context())
		result <- outcome{c, err}
	}()
	return result
}

// acks answers the 200 of the UE.
func (x *stage) acks(resp *sipmsg.Response) {
	x.t.Helper()
	x.leg.session.SetRemote(pathOf(x.t, resp.Body))
	x.callee("ACK", "call", 1, "To: "+resp.Header.Value("To"))
}

const historyPart = `--b
Content-Type: application/resource-lists+xml
Content-Disposition: recipient-list-history; handling=optional

<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists" xmlns:cp="urn:ietf:params:xml:ns:copycontrol"><list>
<entry uri="sip:alice@ims.example" cp:copyControl="to"/><entry uri="sip:dave@ims.example" cp:copyControl="cc"/>
<entry uri="sip:anonymous@anonymous.invalid" cp:copyControl="to" cp:count="2"/></list></resource-lists>
--b--`

func TestInvited(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-INC-03", "PAR-INC-05")
	bubble(t, func(x *stage) {
		x.listens()
		x.callee("INVITE", "call", 1, "Subject: tea", "Referred-By: <sip:bob@ims.example>",
			"Content-Type: multipart/mixed;boundary=b\n\n--b\nContent-Type: application/sdp\n\n"+x.offers()+"\n"+historyPart)
		ringing := x.focus.Response(180)
		i := x.invited()
		if i.Conference != lobby || i.Display != "Tea" || i.Subject != "tea" || i.By != "sip:bob@ims.example" || i.Referred ||
			!i.ReplyAll || i.Replaces != "" {
			x.t.Errorf("%+v", i)
		}
		want := []Other{{"sip:dave@ims.example", "cc", 1}, {"sip:anonymous@anonymous.invalid", "to", 2}}
		if diff := cmp.Diff(want, i.Others); diff != "" {
			x.t.Error(diff)
		}
		result := x.accepted(i)
		resp := x.focus.Response(200)
		if resp.Header.ToTag() != ringing.Header.ToTag() || !strings.HasPrefix(resp.Header.Value("Contact"), "<sip:alice@10.0.0.1:49153>") ||
			!strings.Contains(string(resp.Body), "a=setup:active") || strings.Contains(string(resp.Body), "actpass") {
			x.t.Errorf("200\n%s", resp.Append(nil))
		}
		x.acks(resp)
		x.sub = x.focus.Request(sipmsg.SUBSCRIBE)
		if x.sub.URI.String() != "sip:lobby@10.0.0.2" {
			x.t.Errorf("SUBSCRIBE %s", x.sub.URI)
		}
		x.focus.Answer(x.sub, 200, "n", "Expires: 3600\n"+contactOf, "")
		<-x.leg.bound
		out := <-result
		if out.err != nil {
			x.t.Fatal(out.err)
		}
		c := out.conference
		x.notify(1, 200, "active;expires=3600", document("full", 1, "alice", "bob"))
		if r := next[Roster](x.t, c); names(r.Users) != "alice bob" || c.URI() != lobby {
			x.t.Errorf("roster %s of %s", names(r.Users), c.URI())
		}
		if err := x.deliver(msrp.Message{ID: "m1", Body: wrapped(x.t, lobby, "hi")}); err != nil {
			x.t.Error(err)
		}
		if m := next[Message](x.t, c); m.Text() != "hi" || m.Private {
			x.t.Errorf("%+v", m)
		}
		if _, err := i.Accept(x.t.Context()); !errors.Is(err, ErrWithdrawn) {
			x.t.Errorf("twice: %v", err)
		}
		x.callee("BYE", "call", 2, "To: "+resp.Header.Value("To"))
		x.focus.Response(200)
		if e := next[Left](x.t, c); !e.ByFocus {
			x.t.Errorf("%+v", e)
		}
	})
}

// TestInvitedWithoutOffer has the UE make the offer.
func TestInvitedWithoutOffer(t *testing.T) {
	t.Parallel()
	bubble(t, func(x *stage) {
		x.listens()
		x.callee("INVITE", "call", 1, "Allow-Events: refer")
		x.focus.Response(180)
		result := x.accepted(x.invited())
		resp := x.focus.Response(200)
		answer := x.answerTo(resp.Body)
		x.callee("ACK", "call", 1, "To: "+resp.Header.Value("To"), "Content-Type: application/sdp\n\n"+answer)
		<-x.leg.bound
		if out := <-result; out.err != nil {
			x.t.Fatal(out.err)
		}
		x.focus.Quiet(time.Second) // no SUBSCRIBE
	})
}

func TestInvitationRefused(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-INC-06")
	const audio = "Content-Type: application/sdp\n\nv=0\no=- 1 1 IN IP4 10.0.0.2\ns=-\nc=IN IP4 10.0.0.2\nt=0 0\nm=audio 4000 RTP/AVP 0\n"
	for name, test := range map[string]struct {
		fields []string
		status int
	}{
		"no stream":      {[]string{audio}, 488},
		"extension":      {[]string{"Require: other", audio}, 420},
		"unknown body":   {[]string{"Content-Type: text/plain\n\nhello"}, 415},
		"unknown dialog": {[]string{"Replaces: x;to-tag=a;from-tag=b"}, 481},
		"bad Replaces":   {[]string{"Replaces: x;to-tag=a"}, 400},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(x *stage) {
				x.listens()
				x.callee("INVITE", "call", 1, test.fields...)
				resp := x.focus.Response(test.status)
				x.callee("ACK", "call", 1, "To: "+resp.Header.Value("To"))
			})
		})
	}
	t.Run("declined", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(x *stage) {
			x.listens()
			x.calls()
			x.focus.Response(180)
			i := x.invited()
			i.Decline(0)
			x.focus.Response(603)
			i.Decline(486)
			<-i.Done()
		})
	})
	t.Run("cancelled", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(x *stage) {
			x.listens()
			x.calls()
			x.focus.Response(180)
			i := x.invited()
			x.focus.Send("CANCEL sip:alice@10.0.0.1:49153 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bKINVITEcall1\n" +
				"From: Tea <" + lobby + ">;tag=o\nTo: <sip:alice@ims.example>\nCall-ID: call\nCSeq: 1 CANCEL\n\n")
			x.focus.Response(200)
			x.focus.Response(487)
			<-i.Done()
			if _, err := i.Accept(x.t.Context()); !errors.Is(err, ErrWithdrawn) || !i.Withdrawn() {
				x.t.Errorf("accepted: %v", err)
			}
		})
	})
	t.Run("not listening", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(x *stage) {
			x.join()
			x.calls()
			x.focus.Response(480)
		})
	})
	t.Run("closed", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(x *stage) {
			x.listens()
			x.calls()
			x.focus.Response(180)
			go func() { _ = x.ue.Close(context.Background()) }()
			x.focus.Response(480)
			synctest.Wait()
		})
	})
}

func TestReferred(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-INC-01", "PAR-GEN-07")
	bubble(t, func(x *stage) {
		x.listens()
		x.callee("REFER", "rf", 1, "Refer-To: <"+lobby+"?Subject=tea>;isfocus", "Referred-By: Bob <sip:bob@ims.example>;x=y;cid=\"t@x\"",
			"Require: tdialog", "Target-Dialog: a;local-tag=b;remote-tag=c",
			"Content-ID: <t@x>", "Content-Type: message/sipfrag\n\nDate: today\n")
		i := x.invited()
		if i.Conference != lobby || i.By != "sip:bob@ims.example" || !i.Referred {
			x.t.Errorf("%+v", i)
		}
		resp := x.focus.Response(202) // nobody has decided yet
		if !strings.Contains(resp.Header.Value("Contact"), `+sip.instance="<urn:uuid:00000000-0000-4000-8000-000000000001>"`) {
			x.t.Errorf("202\n%s", resp.Append(nil))
		}
		x.progress("SIP/2.0 100 Trying", "active;expires=180")
		result := x.accepted(i)
		invite := x.focus.Request(sipmsg.INVITE)
		h := &invite.Header
		if invite.URI.String() != lobby || h.Value("Referred-By") != `Bob <sip:bob@ims.example>;x=y;cid="t@x"` || h.Value("Subject") != "tea" {
			x.t.Errorf("INVITE\n%s", invite.Append(nil))
		}
		parts, err := sipmsg.Bodies(invite, sipmsg.Limits{})
		if err != nil || len(parts) != 2 || string(parts[1].Body) != "Date: today\r\n" || parts[1].Header.Value("Content-ID") != "<t@x>" {
			x.t.Fatalf("bodies %v, %v", parts, err)
		}
		x.focus.Answer(invite, 200, "f", contactOf+"\nAllow-Events: refer\nContent-Type: application/sdp", x.answerTo(parts[0].Body))
		x.focus.Request(sipmsg.ACK)
		<-x.leg.bound
		if out := <-result; out.err != nil {
			x.t.Fatal(out.err)
		}
		x.progress("SIP/2.0 200 OK", lastReport)
	})
}

// TestReferredWithSignedToken: the token is passed on as it came, not in pieces.
func TestReferredWithSignedToken(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-INC-01")
	const token = "--s\r\nContent-Type: message/sipfrag\r\n\r\nDate: today\r\n\r\n--s\r\n\r\nSIGNATURE\r\n--s--\r\n"
	bubble(t, func(x *stage) {
		x.listens()
		x.callee("REFER", "rf", 1, "Refer-To: <"+lobby+">;isfocus", `Referred-By: Bob <sip:bob@ims.example>;cid="t@x"`,
			"Content-ID: <t@x>", "Content-Type: multipart/signed;boundary=s\n\n"+strings.ReplaceAll(token, "\r\n", "\n"))
		i := x.invited()
		x.focus.Response(202) // nobody has decided yet
		x.progress("SIP/2.0 100 Trying", "active;expires=180")
		result := x.accepted(i)
		invite := x.focus.Request(sipmsg.INVITE)
		part, found := sipmsg.Named(invite, "t@x")
		if mediaType, _ := part.Header.ContentType(); !found || string(part.Body) != token || !mediaType.Is("multipart/signed") {
			x.t.Errorf("INVITE\n%s", invite.Append(nil))
		}
		x.focus.Answer(invite, 486, "f", "", "")
		x.focus.Request(sipmsg.ACK)
		<-result
		x.progress("SIP/2.0 486 Busy Here", lastReport)
	})
}

// TestReferFaulty: what is required and not there, and bodies that nobody understands.
func TestReferFaulty(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "COM-06", "COM-07", "PAR-INC-02")
	bubble(t, func(x *stage) {
		x.listens()
		for status, more := range map[int]string{420: "Require: foo", 415: "Content-Type: application/foo\n\nx"} {
			x.callee("REFER", fmt.Sprint("rf", status), 1, "Refer-To: <"+lobby+">;isfocus", more)
			x.focus.Response(status)
		}
	})
}

// progress takes a NOTIFY about a REFER to us.
func (x *stage) progress(line, state string) {
	x.t.Helper()
	n := x.focus.Request(sipmsg.NOTIFY)
	if string(n.Body) != line+"\r\n" || n.Header.Value("Subscription-State") != state {
		x.t.Errorf("NOTIFY\n%s", n.Append(nil))
	}
	x.focus.Answer(n, 200, "", "", "")
}

func TestReferralDeclined(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-INC-01", "PAR-INC-02")
	const to = "Refer-To: <" + lobby + ">"
	t.Run("at once", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(x *stage) {
			x.listens()
			x.callee("REFER", "rf", 1, to)
			x.invited().Decline(0)
			x.focus.Response(603)
		})
	})
	t.Run("later", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(x *stage) {
			x.listens()
			x.callee("REFER", "rf", 1, to)
			i := x.invited()
			x.focus.Response(202)
			x.progress("SIP/2.0 100 Trying", "active;expires=180")
			i.Decline(0)
			x.progress("SIP/2.0 603 Decline", lastReport)
		})
	})
	t.Run("in vain", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(x *stage) {
			x.listens()
			x.callee("REFER", "rf", 1, to)
			result := x.accepted(x.invited())
			x.focus.Response(202)
			x.progress("SIP/2.0 100 Trying", "active;expires=180")
			x.refused(x.focus.Request(sipmsg.INVITE), 486, "")
			if out := <-result; out.err == nil {
				x.t.Error("joined")
			}
			x.progress("SIP/2.0 486 Busy Here", lastReport)
		})
	})
	for name, test := range map[string]struct {
		fields []string
		status int
	}{
		"scheme":     {[]string{"Refer-To: <http://x/y>"}, 403},
		"method":     {[]string{"Refer-To: <sip:bob@x;method=BYE>"}, 403},
		"two":        {[]string{to, to}, 400},
		"none":       {nil, 400},
		"many":       {[]string{"Require: multiple-refer", "Refer-To: <cid:a@b>"}, 420},
		"extensions": {[]string{to, "Require: teleportation"}, 420},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(x *stage) {
				x.listens()
				x.callee("REFER", "rf", 1, test.fields...)
				x.focus.Response(test.status)
			})
		})
	}
}

func TestOtherMethods(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-GEN-07")
	bubble(t, func(x *stage) {
		x.listens()
		for n, method := range []string{"MESSAGE", "INFO", "PUBLISH"} {
			x.callee(method, "m", n+1)
			x.focus.Response(405)
		}
		x.callee("FOO", "m", 9)
		x.focus.Response(501)
	})
}

// TestReplaced moves the user from a conference into another one, as its focus asks.
func TestReplaced(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-INC-04")
	bubble(t, func(x *stage) {
		x.listens()
		old := x.join()
		h := &x.invite.Header
		replaces := fmt.Sprintf("Replaces: %s;to-tag=%s;from-tag=f", h.CallID(), h.FromTag())
		x.callee("INVITE", "early", 1, replaces+";early-only")
		resp := x.focus.Response(486)
		x.callee("ACK", "early", 1, "To: "+resp.Header.Value("To"))
		x.callee("INVITE", "mirrored", 1, fmt.Sprintf("Replaces: %s;to-tag=f;from-tag=%s", h.CallID(), h.FromTag()))
		resp = x.focus.Response(481)
		x.callee("ACK", "mirrored", 1, "To: "+resp.Header.Value("To"))
		x.calls(replaces, "Referred-By: <"+lobby+">", "Allow-Events: refer")
		x.focus.Response(180)
		i := x.invited()
		if i.Replaces != lobby || !i.Entitled {
			x.t.Errorf("%+v", i)
		}
		result := x.accepted(i)
		x.acks(x.focus.Response(200))
		<-x.leg.bound
		bye := x.focus.Request(sipmsg.BYE)
		if bye.Header.CallID() != h.CallID() {
			x.t.Errorf("BYE\n%s", bye.Append(nil))
		}
		x.focus.Answer(bye, 200, "", "", "")
		if out := <-result; out.err != nil {
			x.t.Fatal(out.err)
		}
		next[Left](x.t, old)
	})
}
