package refer_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/refer"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
)

// referExplicitly sends a REFER that requires explicitsub and returns the referral and
// the URI of its reports.
func (x *scene) referExplicitly(admit refer.Admit) (*refer.Referral, string) {
	x.t.Helper()
	in := x.refer(bob, "Require: explicitsub")
	in.Readers(admit)
	r := in.Accept("<sip:conf@10.0.0.1>;isfocus")
	resp := x.peer.Response(200)
	at := resp.Header.Value("Refer-Events-At")
	if !strings.HasPrefix(at, "<sip:conf@10.0.0.1;refer=") || !strings.HasSuffix(at, ">") || len(at) < 50 ||
		resp.Header.Has("Refer-Sub") {
		x.t.Fatalf("200 %v", resp.Header.Fields)
	}
	x.rig.Dialogs(x.t, 0)
	return r, strings.Trim(at, "<>")
}

// subscribe sends a SUBSCRIBE for the reports at uri in a call of its own.
func (x *scene) subscribe(uri, call string, status int) *sipmsg.Response {
	x.t.Helper()
	text := x.write("SUBSCRIBE", call, "", "Event: refer", "Expires: 120")
	return x.peer.Ask(strings.Replace(text, "sip:conf@10.0.0.1 SIP", uri+" SIP", 1), status)
}

func TestExplicitSubscription(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-REF-12", "FOC-REF-13")
	play(t, func(x *scene) {
		r, uri := x.referExplicitly(nil)
		x.peer.Quiet(time.Second) // nothing is reported unasked
		ok := x.subscribe(uri, "s1", 200)
		if ok.Header.Value("Contact") != "<sip:conf@10.0.0.1>;isfocus" {
			x.t.Errorf("200 %v", ok.Header.Fields)
		}
		x.told("SIP/2.0 100 Trying", "active;expires=120")
		<-time.After(2 * time.Second)
		r.Report(180, "")
		x.told("SIP/2.0 180 Ringing", "active;expires=118")
		x.subscribe(uri, "s2", 200) // and another one
		x.told("SIP/2.0 180 Ringing", "active;expires=120")
		r.Report(486, "")
		x.told("SIP/2.0 486 Busy Here", "terminated;reason=noresource")
		x.told("SIP/2.0 486 Busy Here", "terminated;reason=noresource")
		<-time.After(63 * time.Second)
		x.subscribe(uri, "s3", 200) // late, but not too late
		x.told("SIP/2.0 486 Busy Here", "terminated;reason=noresource")
		x.peer.Quiet(2 * time.Second)
		x.subscribe(uri, "s4", 403)
		x.subscribe("sip:conf@10.0.0.1;refer=guessed", "s5", 403)
	})
}

// TestExplicitSubscriptionBounded: not everybody may subscribe, nor as many times as he
// likes, nor for ever.
func TestExplicitSubscriptionBounded(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-REF-12")
	play(t, func(x *scene) {
		_, uri := x.referExplicitly(func(req *sipmsg.Request, _ transport.Source) *sip.Error {
			if req.Header.CallID() == "stranger" {
				return &sip.Error{Status: 403}
			}
			return nil
		})
		x.subscribe(uri, "stranger", 403)
		for n := range 8 {
			x.subscribe(uri, "s"+strconv.Itoa(n), 200)
			x.told("SIP/2.0 100 Trying", "active;expires=120")
		}
		x.subscribe(uri, "toomany", 503)
		<-time.After(2 * time.Minute)
		for range 8 { // they have expired
			x.told("SIP/2.0 100 Trying", "terminated;reason=timeout")
		}
		x.subscribe(uri, "again", 200)
		x.told("SIP/2.0 100 Trying", "active;expires=120")
		<-time.After(2 * time.Minute)
		x.told("SIP/2.0 100 Trying", "terminated;reason=timeout")
		<-time.After(time.Hour) // nobody has ever reported anything
		x.subscribe(uri, "late", 403)
		x.peer.Ask(x.write("REFER", "both", "", bob, "Require: explicitsub, nosub"), 400)
	})
}

// explicitly has the reports subscribed to.
func explicitly(t *testing.T) refer.Order {
	t.Helper()
	o := carol(t)
	o.Explicit = func(at sipmsg.URI) dialog.Outgoing {
		return dialog.Outgoing{
			URI: at, From: sipmsg.Address{URI: uri(t, "sip:alice@ims.example")}, Contact: "<sip:alice@10.0.0.1>",
		}
	}
	return o
}

func TestOrderExplicitly(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-REF-12")
	const at = "Refer-Events-At: <sip:conf@10.0.0.2;gr=x>"
	play(t, func(x *scene) {
		l, req := x.order(explicitly(x.t))
		if req.Header.Value("Require") != "explicitsub" {
			x.t.Errorf("REFER %v", req.Header.Fields)
		}
		x.peer.Answer(req, 200, "f", at, "")
		sub := x.peer.Request(sipmsg.SUBSCRIBE)
		if sub.URI.String() != "sip:conf@10.0.0.2;gr=x" || sub.Header.Value("Event") != "refer" || sub.Header.Has("Require") ||
			sub.Header.CallID() == req.Header.CallID() || toTag(sub) != "" || sub.Header.Value("Expires") != "180" {
			x.t.Errorf("SUBSCRIBE %v", sub.Header.Fields)
		}
		x.peer.Answer(sub, 200, "s", "Contact: <sip:conf@10.0.0.2>\nExpires: 180", "")
		x.peer.Ask(x.notifyFor(sub, "s", "refer", "active;expires=180", "SIP/2.0 100 Trying"), 200)
		x.peer.Ask(x.notifyFor(sub, "s", "refer", last, "SIP/2.0 200 OK"), 200)
		l.heard(x.t, "accepted 200", "100 Trying", "200 OK", "ended 200")
	})
	for answer, status := range map[string]int{"": 0, "Refer-Events-At: sip:conf@10.0.0.2": 0, at + ", <sip:conf@10.0.0.3>": 0, at: 403} {
		play(t, func(x *scene) {
			l, req := x.order(explicitly(x.t))
			x.peer.Answer(req, 200, "f", answer, "")
			if status != 0 {
				x.peer.Answer(x.peer.Request(sipmsg.SUBSCRIBE), status, "s", "", "")
			}
			l.heard(x.t, "accepted 200", "ended 0")
			x.peer.Quiet(time.Minute)
		})
	}
}

// TestOrderClosed: who does not want to know any more unsubscribes.
func TestOrderClosed(t *testing.T) {
	t.Parallel()
	play(t, func(x *scene) {
		l := &listener{}
		sent := x.rig.agent.Refer(explicitly(x.t).Explicit(uri(x.t, "sip:conf@10.0.0.2")), explicitly(x.t), l)
		x.peer.Answer(x.peer.Request(sipmsg.REFER), 200, "f", "Refer-Events-At: <sip:conf@10.0.0.2;gr=x>", "")
		sub := x.peer.Request(sipmsg.SUBSCRIBE)
		x.peer.Answer(sub, 200, "s", "Contact: <sip:conf@10.0.0.2>\nExpires: 180", "")
		x.peer.Ask(x.notifyFor(sub, "s", "refer", "active;expires=180", "SIP/2.0 100 Trying"), 200)
		sent.Close()
		over := x.peer.Request(sipmsg.SUBSCRIBE)
		if over.Header.Value("Expires") != "0" {
			x.t.Errorf("SUBSCRIBE %v", over.Header.Fields)
		}
		x.peer.Answer(over, 200, "", "Contact: <sip:conf@10.0.0.2>\nExpires: 0", "")
		x.peer.Ask(x.notifyFor(sub, "s", "refer", "terminated;reason=timeout", "SIP/2.0 100 Trying"), 200)
		l.heard(x.t, "accepted 200", "100 Trying", "ended 100")
	})
}

// TestOrderInsideUnreported leaves no trace in the dialog.
func TestOrderInsideUnreported(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-REF-12")
	play(t, func(x *scene) {
		_, session := x.joined()
		o := carol(x.t)
		o.Never = true
		l := &listener{}
		x.rig.agent.ReferInside(session.Dialog(), o, l)
		req := x.peer.Request(sipmsg.REFER)
		if req.Header.Value("Require") != "nosub" {
			x.t.Errorf("REFER %v", req.Header.Fields)
		}
		x.peer.Answer(req, 200, "", "", "")
		l.heard(x.t, "accepted 200", "ended 0")
		x.peer.Ask(x.notifyFor(req, "f", "refer", last, "SIP/2.0 200 OK"), 481)
		session.Bye()
		x.peer.Answer(x.peer.Request(sipmsg.BYE), 200, "", "", "")
	})
}
