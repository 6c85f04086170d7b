package refer_test

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/resourcelist"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/invite"
	"github.com/confab-chat/confab/sip/refer"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// listener notes what a REFER of ours brings.
type listener struct {
	mu   sync.Mutex
	news []string
}

func (l *listener) add(s string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.news = append(l.news, s)
}

func (l *listener) Accepted(resp *sipmsg.Response)     { l.add(fmt.Sprint("accepted ", resp.Status)) }
func (l *listener) Progress(status int, reason string) { l.add(fmt.Sprint(status, " ", reason)) }

func (l *listener) Ended(o refer.Outcome) {
	if o.Err != nil {
		l.add(fmt.Sprint("refused ", sip.AsError(o.Err).Status))
		return
	}
	l.add(fmt.Sprint("ended ", o.Status))
}

func (l *listener) heard(t *testing.T, want ...string) {
	t.Helper()
	synctest.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	if diff := cmp.Diff(want, l.news); diff != "" {
		t.Errorf("heard (-want +got)\n%s", diff)
	}
}

func uri(t *testing.T, s string) sipmsg.URI {
	t.Helper()
	u, err := sipmsg.ParseURI(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func (x *scene) order(o refer.Order) (*listener, *sipmsg.Request) {
	x.t.Helper()
	l := &listener{}
	x.rig.agent.Refer(dialog.Outgoing{
		URI: uri(x.t, "sip:conf@10.0.0.2"), From: sipmsg.Address{URI: uri(x.t, "sip:alice@ims.example")},
		Contact: "<sip:alice@10.0.0.1>",
	}, o, l)
	return l, x.peer.Request(sipmsg.REFER)
}

func carol(t *testing.T) refer.Order {
	t.Helper()
	return refer.Order{To: sipmsg.Address{URI: uri(t, "sip:carol@ims.example")}, ReferredBy: "<sip:alice@ims.example>"}
}

// notifyFor writes a NOTIFY of the peer, whose tag is tag, for a request of ours.
func (x *scene) notifyFor(req *sipmsg.Request, tag, event, state, line string) string {
	x.seq++
	return strings.Join([]string{
		"NOTIFY sip:alice@10.0.0.1 SIP/2.0",
		fmt.Sprintf("Via: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bKn%d", x.seq),
		"From: <sip:conf@10.0.0.2>;tag=" + tag, "To: " + req.Header.Value("From"),
		"Call-ID: " + req.Header.CallID(), fmt.Sprintf("CSeq: %d NOTIFY", x.seq),
		"Contact: <sip:conf@10.0.0.2>;isfocus", "Event: " + event, "Subscription-State: " + state,
		"Content-Type: message/sipfrag;version=2.0",
	}, "\n") + "\n\n" + line + "\n"
}

const last = "terminated;reason=noresource"

func TestOrder(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-REF-01", "PAR-REF-03")
	play(t, func(x *scene) {
		l, req := x.order(carol(x.t))
		h := &req.Header
		if h.Value("Refer-To") != "<sip:carol@ims.example>" || h.Value("Referred-By") != "<sip:alice@ims.example>" ||
			h.Value("Contact") != "<sip:alice@10.0.0.1>" || h.Has("Refer-Sub") || h.Has("Require") {
			x.t.Errorf("REFER %v", h.Fields)
		}
		x.peer.Answer(req, 202, "f", "Contact: <sip:conf@10.0.0.2>;isfocus", "")
		x.peer.Ask(x.notifyFor(req, "f", "refer", "active;expires=180", "SIP/2.0 100 Trying"), 200)
		x.peer.Ask(x.notifyFor(req, "f", "refer", "active;expires=179", "SIP/2.0 180 Ringing"), 200)
		x.peer.Ask(x.notifyFor(req, "f", "conference", "active;expires=179", ""), 489)
		x.peer.Ask(x.notifyFor(req, "f", "refer;id=1", last, "SIP/2.0 603 Decline\nWarning: x"), 200)
		x.peer.Ask(x.notifyFor(req, "f", "refer", last, "SIP/2.0 200 OK"), 481)
		x.peer.Quiet(time.Hour) // nothing is subscribed again
		l.heard(x.t, "accepted 202", "100 Trying", "180 Ringing", "603 Decline", "ended 603")
	})
}

func TestNotifyOvertakes202(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-REF-03")
	play(t, func(x *scene) {
		l, req := x.order(carol(x.t))
		x.peer.Ask(x.notifyFor(req, "f", "refer", "active;expires=180", "SIP/2.0 100 Trying"), 200)
		x.peer.Ask(x.notifyFor(req, "f", "refer", last, "SIP/2.0 200 OK"), 200)
		x.peer.Answer(req, 200, "f", "Contact: <sip:conf@10.0.0.2>;isfocus", "")
		l.heard(x.t, "100 Trying", "200 OK", "accepted 200", "ended 200")
	})
}

func TestForkedOrder(t *testing.T) {
	t.Parallel()
	play(t, func(x *scene) {
		l, req := x.order(carol(x.t))
		x.peer.Ask(x.notifyFor(req, "f", "refer", "active;expires=180", "SIP/2.0 100 Trying"), 200)
		x.peer.Ask(x.notifyFor(req, "g", "refer", "active;expires=180", "SIP/2.0 100 Trying"), 200)
		x.peer.Answer(req, 202, "f", "", "")
		x.peer.Ask(x.notifyFor(req, "g", "refer", last, "SIP/2.0 200 OK"), 200)
		x.peer.Ask(x.notifyFor(req, "f", "refer", last, "SIP/2.0 486 Busy Here"), 200)
		l.heard(x.t, "100 Trying", "100 Trying", "accepted 202", "200 OK", "486 Busy Here", "ended 200")
	})
}

func TestOrderWithoutReport(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-REF-03", "PAR-REF-04")
	t.Run("refused", func(t *testing.T) {
		t.Parallel()
		play(t, func(x *scene) {
			l, req := x.order(carol(x.t))
			x.peer.Answer(req, 403, "f", "", "")
			l.heard(x.t, "refused 403")
		})
	})
	t.Run("unheard", func(t *testing.T) {
		t.Parallel()
		play(t, func(x *scene) {
			l, req := x.order(carol(x.t))
			x.peer.Answer(req, 202, "f", "", "")
			x.peer.Quiet(31 * time.Second)
			l.heard(x.t, "accepted 202")
			x.peer.Quiet(2 * time.Second)
			l.heard(x.t, "accepted 202", "ended 0")
		})
	})
	t.Run("expired", func(t *testing.T) {
		t.Parallel()
		play(t, func(x *scene) {
			l, req := x.order(carol(x.t))
			x.peer.Answer(req, 202, "f", "", "")
			x.peer.Ask(x.notifyFor(req, "f", "refer", "active;expires=60", "SIP/2.0 180 Ringing"), 200)
			x.peer.Quiet(time.Minute)
			l.heard(x.t, "accepted 202", "180 Ringing", "ended 180")
		})
	})
	t.Run("silent", func(t *testing.T) {
		t.Parallel()
		play(t, func(x *scene) {
			o := carol(x.t)
			o.Silent = true
			l, req := x.order(o)
			if req.Header.Value("Refer-Sub") != "false" || req.Header.Value("Supported") != "norefersub" || req.Header.Has("Require") {
				x.t.Errorf("REFER %v", req.Header.Fields)
			}
			x.peer.Answer(req, 200, "f", "Refer-Sub: false", "")
			l.heard(x.t, "accepted 200", "ended 0")
		})
	})
	t.Run("silence ignored", func(t *testing.T) {
		t.Parallel()
		play(t, func(x *scene) {
			o := carol(x.t)
			o.Silent = true
			l, req := x.order(o)
			x.peer.Answer(req, 202, "f", "", "")
			x.peer.Ask(x.notifyFor(req, "f", "refer", last, "SIP/2.0 200 OK"), 200)
			l.heard(x.t, "accepted 202", "200 OK", "ended 200")
		})
	})
}

func TestManyTargets(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-REF-05")
	play(t, func(x *scene) {
		l, req := x.order(refer.Order{Targets: resourcelist.List{
			{URI: uri(x.t, "sip:dave@ims.example")}, {URI: refer.Removal(uri(x.t, "sip:bob@ims.example")).URI},
		}})
		h := &req.Header
		cid := strings.Trim(h.Value("Content-ID"), "<>")
		if h.Value("Refer-To") != "<cid:"+cid+">" || h.Value("Require") != "multiple-refer, norefersub" ||
			h.Value("Refer-Sub") != "false" || h.Value("Content-Disposition") != "recipient-list" ||
			h.Value("Content-Type") != resourcelist.MediaType {
			x.t.Errorf("REFER %v", h.Fields)
		}
		list, err := resourcelist.Parse(req.Body, resourcelist.Limits{Strict: true})
		if err != nil || len(list) != 2 || list[1].URI.String() != "sip:bob@ims.example;method=BYE" {
			x.t.Errorf("list %v, %v", list, err)
		}
		x.peer.Answer(req, 200, "f", "Refer-Sub: false", "")
		l.heard(x.t, "accepted 200", "ended 0")
	})
}

// caller has the dialog of a call of ours.
type caller struct {
	idle
	session *invite.Session
}

func (*caller) Progress(*sipmsg.Response) {}
func (*caller) Failed(error)              {}
func (c *caller) Answered(s *invite.Session, _ *sipmsg.Response, _ []byte) (invite.SessionHandler, invite.Answer) {
	c.session = s
	return c, invite.Answer{}
}

// joined makes a call of ours that is answered, and returns its INVITE and session.
func (x *scene) joined() (*sipmsg.Request, *invite.Session) {
	x.t.Helper()
	c := &caller{}
	x.rig.invite.Invite(dialog.Outgoing{
		URI: uri(x.t, "sip:conf@10.0.0.2"), From: sipmsg.Address{URI: uri(x.t, "sip:alice@ims.example")},
		Contact: "<sip:alice@10.0.0.1>", Body: []byte("v=0"),
	}, c)
	call := x.peer.Request(sipmsg.INVITE)
	x.peer.Answer(call, 200, "f", "Contact: <sip:conf@10.0.0.2>;isfocus", "")
	x.peer.Request(sipmsg.ACK)
	synctest.Wait()
	return call, c.session
}

func TestOrderInsideDialog(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-REF-03")
	play(t, func(x *scene) {
		call, session := x.joined()
		order := func() (*listener, *sipmsg.Request) {
			l := &listener{}
			x.rig.agent.ReferInside(session.Dialog(), carol(x.t), l)
			req := x.peer.Request(sipmsg.REFER)
			if toTag(req) != "f" || req.Header.CallID() != call.Header.CallID() {
				x.t.Errorf("REFER %v", req.Header.Fields)
			}
			return l, req
		}
		l1, one := order()
		l2, two := order()
		x.peer.Answer(one, 202, "", "", "")
		x.peer.Ask(x.notifyFor(two, "f", "refer;id=3", "active;expires=60", "SIP/2.0 100 Trying"), 200)
		x.peer.Answer(two, 202, "", "", "")
		x.peer.Ask(x.notifyFor(one, "f", "refer", "active;expires=60", "SIP/2.0 180 Ringing"), 200)
		session.Bye()
		x.peer.Answer(x.peer.Request(sipmsg.BYE), 200, "", "", "")
		x.peer.Ask(x.notifyFor(two, "f", "refer;id=3", last, "SIP/2.0 200 OK"), 200)
		x.peer.Ask(x.notifyFor(one, "f", "refer;id=9", last, "SIP/2.0 200 OK"), 481)
		x.peer.Ask(x.notifyFor(one, "f", "refer;id=2", last, "SIP/2.0 486 Busy Here"), 200)
		l1.heard(x.t, "accepted 202", "180 Ringing", "486 Busy Here", "ended 486")
		l2.heard(x.t, "100 Trying", "accepted 202", "200 OK", "ended 200")
		x.rig.Dialogs(x.t, 0)
		l := &listener{}
		x.rig.agent.ReferInside(session.Dialog(), carol(x.t), l)
		l.heard(x.t, "refused 481")
	})
}

func toTag(req *sipmsg.Request) string { return req.Header.ToTag() }

// TestEndlessReports: a receiver that names no end, or one that nobody lives to see, does
// not keep the dialog for ever.
func TestEndlessReports(t *testing.T) {
	t.Parallel()
	for _, state := range []string{"active", "active;expires=4294967295"} {
		play(t, func(x *scene) {
			l, req := x.order(carol(x.t))
			x.peer.Answer(req, 202, "f", "Contact: <sip:conf@10.0.0.2>;isfocus", "")
			x.peer.Ask(x.notifyFor(req, "f", "refer", state, "SIP/2.0 100 Trying"), 200)
			<-time.After(90 * time.Minute)
			l.heard(x.t, "accepted 202", "100 Trying", "ended 100")
			x.rig.Dialogs(x.t, 0)
		})
	}
}

// TestManyReporters: one REFER does not make as many dialogs as somebody likes.
func TestManyReporters(t *testing.T) {
	t.Parallel()
	play(t, func(x *scene) {
		_, req := x.order(carol(x.t))
		x.peer.Answer(req, 202, "f0", "Contact: <sip:conf@10.0.0.2>;isfocus", "")
		refused := 0
		for n := range 100 {
			x.peer.Send(x.notifyFor(req, "f"+strconv.Itoa(n), "refer", "active;expires=60", "SIP/2.0 100 Trying"))
			if resp, ok := x.peer.Next(time.Second).(*sipmsg.Response); ok && resp.Status >= 300 {
				refused++
			}
		}
		if refused != 68 {
			x.t.Errorf("%d of 100 refused", refused)
		}
	})
}

// TestUnreadableReport: what cannot be read makes no dialog.
func TestUnreadableReport(t *testing.T) {
	t.Parallel()
	play(t, func(x *scene) {
		l, req := x.order(carol(x.t))
		x.peer.Answer(req, 202, "f", "Contact: <sip:conf@10.0.0.2>;isfocus", "")
		x.peer.Ask(x.notifyFor(req, "g", "refer", "", "SIP/2.0 100 Trying"), 400)
		x.rig.Dialogs(x.t, 0)
		x.peer.Ask(x.notifyFor(req, "f", "refer", last, "SIP/2.0 200 OK"), 200)
		l.heard(x.t, "accepted 202", "200 OK", "ended 200")
	})
}
