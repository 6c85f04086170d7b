package participant

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/resourcelist"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/digest"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// ordered starts what sends a REFER, and returns that and where its error will come.
func (x *stage) ordered(f func(context.Context) error) (*sipmsg.Request, <-chan error) {
	x.t.Helper()
	done := make(chan error, 1)
	go func() { done <- f(x.t.Context()) }()
	return x.focus.Request(sipmsg.REFER), done
}

// reports sends a NOTIFY for a REFER.
func (x *stage) reports(r *sipmsg.Request, tag string, cseq int, event, state, line string) {
	x.t.Helper()
	x.request(r, tag, "NOTIFY", cseq, "Event: "+event, "Subscription-State: "+state,
		"Content-Type: message/sipfrag;version=2.0\n\n"+line+"\n")
	x.focus.Response(200)
}

const lastReport = "terminated;reason=noresource"

func TestInviteByREFER(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-REF-01", "PAR-REF-03")
	bubble(t, func(x *stage) {
		c := x.join()
		r, done := x.ordered(func(ctx context.Context) error { return c.Invite(ctx, "sip:carol@ims.example") })
		h := &r.Header
		if r.URI.String() != "sip:lobby@10.0.0.2" || h.Value("Refer-To") != "<sip:carol@ims.example>" ||
			h.Value("Referred-By") != "<sip:alice@ims.example>" || h.ToTag() != "" || h.CallID() == x.invite.Header.CallID() ||
			!strings.HasPrefix(h.Value("Contact"), "<sip:alice@10.0.0.1:49153>") {
			x.t.Errorf("REFER\n%s", r.Append(nil))
		}
		x.reports(r, "rf", 1, "refer", "active;expires=180", "SIP/2.0 100 Trying")
		x.focus.Answer(r, 202, "rf", contactOf, "")
		if err := <-done; err != nil {
			x.t.Fatal(err)
		}
		want := Referral{Target: "sip:carol@ims.example", Status: 100, Reason: "Trying"}
		if e := next[Referral](x.t, c); e != want {
			x.t.Errorf("%+v", e)
		}
		x.reports(r, "rf", 2, "refer", lastReport, "SIP/2.0 486 Busy Here")
		want = Referral{Target: "sip:carol@ims.example", Status: 486, Reason: "Busy Here", Final: true}
		if e := next[Referral](x.t, c); e != want {
			x.t.Errorf("%+v", e)
		}
	})
}

func TestInviteRefused(t *testing.T) {
	t.Parallel()
	bubble(t, func(x *stage) {
		c := x.join()
		r, done := x.ordered(func(ctx context.Context) error { return c.Invite(ctx, "sip:carol@ims.example") })
		x.focus.Answer(r, 403, "rf", "", "")
		if err := <-done; !errors.Is(err, &sip.Error{Status: 403}) {
			x.t.Errorf("Invite: %v", err)
		}
		for _, bad := range []string{"", "carol"} {
			if err := c.Invite(x.t.Context(), bad); err == nil {
				x.t.Errorf("%q taken", bad)
			}
		}
		if err := c.Remove(x.t.Context()); err == nil {
			x.t.Error("nobody removed")
		}
	})
}

func TestRemoveByREFER(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-REF-06")
	bubble(t, func(x *stage) {
		c := x.join()
		r, done := x.ordered(func(ctx context.Context) error { return c.Remove(ctx, "sip:carol@ims.example") })
		if got := r.Header.Value("Refer-To"); got != "<sip:carol@ims.example;method=BYE>" || r.URI.String() != "sip:lobby@10.0.0.2" {
			x.t.Errorf("Refer-To %s", got)
		}
		x.focus.Answer(r, 202, "rf", contactOf, "")
		if err := <-done; err != nil {
			x.t.Fatal(err)
		}
		x.reports(r, "rf", 1, "refer", lastReport, "SIP/2.0 200 OK")
		if e := next[Referral](x.t, c); e != (Referral{Target: "sip:carol@ims.example", Status: 200, Reason: "OK", Final: true}) {
			x.t.Errorf("%+v", e)
		}
		r, done = x.ordered(c.End)
		if got := r.Header.Value("Refer-To"); got != "<"+lobby+";method=BYE>" {
			x.t.Errorf("Refer-To %s", got)
		}
		x.focus.Answer(r, 202, "rg", contactOf, "")
		if err := <-done; err != nil {
			x.t.Fatal(err)
		}
		x.request(x.invite, "f", "BYE", 20)
		x.focus.Response(200)
		x.reports(r, "rg", 1, "refer", lastReport, "SIP/2.0 200 OK")
		<-c.Done()
		if err := c.End(x.t.Context()); !errors.Is(err, ErrLeft) {
			x.t.Errorf("End: %v", err)
		}
	})
}

func TestInviteMany(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-REF-04", "PAR-REF-05")
	bubble(t, func(x *stage) {
		invite, result := x.call(x.t.Context(), Options{NoSubscribe: true})
		c := x.welcomes(invite, result, "Supported: norefersub, multiple-refer")
		both := func(ctx context.Context) error { return c.Invite(ctx, "sip:bob@ims.example", "sip:carol@ims.example") }
		r, done := x.ordered(both)
		list, err := resourcelist.Parse(r.Body, resourcelist.Limits{Strict: true})
		if err != nil || len(list) != 2 || r.Header.Value("Require") != "multiple-refer, norefersub" ||
			r.Header.Value("Refer-Sub") != "false" || !strings.HasPrefix(r.Header.Value("Refer-To"), "<cid:") {
			x.t.Errorf("%v\n%s", err, r.Append(nil))
		}
		x.focus.Answer(r, 200, "rf", "Refer-Sub: false\n"+contactOf, "")
		if err := <-done; err != nil {
			x.t.Error(err)
		}
		none(x.t, c)
		// A focus that does not keep its word.
		r, done = x.ordered(both)
		x.focus.Answer(r, 420, "rf", "Unsupported: multiple-refer", "")
		for range 2 {
			r = x.focus.Request(sipmsg.REFER)
			if r.Header.Has("Require") {
				x.t.Errorf("REFER\n%s", r.Append(nil))
			}
			x.focus.Answer(r, 200, "rh", "Refer-Sub: false", "")
		}
		if err := <-done; err != nil {
			x.t.Error(err)
		}
	})
}

func TestReferTheUser(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-REF-02")
	bubble(t, func(x *stage) {
		c := x.join()
		r, done := x.ordered(func(ctx context.Context) error { return c.Refer(ctx, "sip:bob@ims.example") })
		if r.URI.String() != "sip:bob@ims.example" || r.Header.Value("Refer-To") != "<"+lobby+">;isfocus" {
			x.t.Errorf("REFER\n%s", r.Append(nil))
		}
		x.focus.Answer(r, 202, "rf", "Contact: <sip:bob@10.0.0.2>", "")
		if err := <-done; err != nil {
			x.t.Fatal(err)
		}
		x.reports(r, "rf", 1, "refer", lastReport, "SIP/2.0 200 OK")
		if e := next[Referral](x.t, c); e.Status != 200 || !e.Final {
			x.t.Errorf("%+v", e)
		}
	})
}

// TestReferInside sends a REFER in the dialog with the focus, which challenges it.
func TestReferInside(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-GEN-03")
	bubble(t, func(x *stage) {
		x.ue.login = digest.NewClient("alice", "secret")
		c := x.joined(Options{NoSubscribe: true, ReferInside: true}, "")
		first, done := x.ordered(func(ctx context.Context) error { return c.Invite(ctx, "sip:carol@ims.example") })
		if first.Header.ToTag() != "f" || first.Header.Has("Authorization") {
			x.t.Errorf("REFER\n%s", first.Append(nil))
		}
		x.focus.Answer(first, 401, "", challenges("n1"), "")
		r := x.focus.Request(sipmsg.REFER)
		was, _ := first.Header.CSeq()
		now, _ := r.Header.CSeq()
		if x.credential(r, "nonce") != "n1" || now.Seq != was.Seq+1 || r.Header.Value("Refer-To") != first.Header.Value("Refer-To") {
			x.t.Errorf("REFER\n%s", r.Append(nil))
		}
		x.reports(x.invite, "f", 2, "refer;id=3", "active;expires=60", "SIP/2.0 100 Trying")
		x.focus.Answer(r, 202, "", "", "")
		if err := <-done; err != nil {
			x.t.Fatal(err)
		}
		x.reports(x.invite, "f", 3, "refer;id=3", lastReport, "SIP/2.0 200 OK")
		next[Referral](x.t, c)
		if e := next[Referral](x.t, c); e.Status != 200 || !e.Final {
			x.t.Errorf("%+v", e)
		}
		left := make(chan error, 1)
		go func() { left <- c.Leave(x.t.Context()) }()
		bye := x.focus.Request(sipmsg.BYE)
		x.focus.Answer(bye, 407, "", strings.ReplaceAll(challenges("n2"), "WWW-Authenticate", "Proxy-Authenticate"), "")
		bye = x.focus.Request(sipmsg.BYE)
		if !bye.Header.Has("Proxy-Authorization") {
			x.t.Errorf("BYE\n%s", bye.Append(nil))
		}
		x.focus.Answer(bye, 200, "", "", "")
		if err := <-left; err != nil {
			x.t.Error(err)
		}
		synctest.Wait()
	})
}

// TestReferInsideReportedApart subscribes to the reports of a focus that can say where.
func TestReferInsideReportedApart(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-REF-03")
	bubble(t, func(x *stage) {
		c := x.joined(Options{NoSubscribe: true, ReferInside: true}, "Supported: norefersub, explicitsub\n")
		r, done := x.ordered(func(ctx context.Context) error { return c.Invite(ctx, "sip:carol@ims.example") })
		if r.Header.ToTag() != "f" || r.Header.Value("Require") != "explicitsub" {
			x.t.Errorf("REFER\n%s", r.Append(nil))
		}
		x.focus.Answer(r, 200, "", "Refer-Events-At: <sip:lobby@10.0.0.2;refer=x>", "")
		if err := <-done; err != nil {
			x.t.Fatal(err)
		}
		sub := x.focus.Request(sipmsg.SUBSCRIBE)
		if sub.URI.String() != "sip:lobby@10.0.0.2;refer=x" || sub.Header.Value("Event") != "refer" || sub.Header.ToTag() != "" {
			x.t.Errorf("SUBSCRIBE\n%s", sub.Append(nil))
		}
		x.focus.Answer(sub, 200, "s", contactOf+"\nExpires: 180", "")
		x.reports(sub, "s", 1, "refer", lastReport, "SIP/2.0 200 OK")
		if e := next[Referral](x.t, c); e.Status != 200 || !e.Final {
			x.t.Errorf("%+v", e)
		}
	})
}
