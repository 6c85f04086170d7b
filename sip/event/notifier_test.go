package event_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/event"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// subscribe writes a SUBSCRIBE of the peer in the call s1.
func subscribe(cseq int, toTag string, more ...string) string {
	if toTag != "" {
		toTag = ";tag=" + toTag
	}
	lines := append([]string{
		"SUBSCRIBE sip:conf@10.0.0.1 SIP/2.0",
		fmt.Sprintf("Via: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bKs%d", cseq),
		"Max-Forwards: 70",
		"From: <sip:alice@ims.example>;tag=a1",
		"To: <sip:conf@10.0.0.1>" + toTag,
		"Call-ID: s1",
		fmt.Sprintf("CSeq: %d SUBSCRIBE", cseq),
		"Contact: <sip:alice@10.0.0.2>",
	}, more...)
	return strings.Join(lines, "\n") + "\n\n"
}

func toTag(m sipmsg.Message) string {
	to, _ := m.Head().To()
	return to.Tag()
}

// notified returns the next NOTIFY after checking what every one has, and answers it.
func notified(t *testing.T, p *testnet.Peer, state string, status int) *sipmsg.Request {
	t.Helper()
	req := notify(t, p, state)
	p.Answer(req, status, "", "", "")
	return req
}

func notify(t *testing.T, p *testnet.Peer, state string) *sipmsg.Request {
	t.Helper()
	req := p.Request(sipmsg.NOTIFY)
	h := &req.Header
	if got := h.Value("Subscription-State"); got != state {
		t.Errorf("Subscription-State %q, want %q", got, state)
	}
	if got := h.Value("Event"); !strings.HasPrefix(got, "conference") {
		t.Errorf("Event %q", got)
	}
	if got := h.Value("Contact"); got != "<sip:conf@10.0.0.1>;isfocus" {
		t.Errorf("Contact %q", got)
	}
	if h.Has("Content-Type") != (len(req.Body) > 0) {
		t.Errorf("Content-Type %q with %d octets", h.Value("Content-Type"), len(req.Body))
	}
	return req
}

// begin subscribes for ten minutes and returns our tag.
func begin(t *testing.T, p *testnet.Peer) string {
	t.Helper()
	p.Send(subscribe(1, "", "Event: conference", "Expires: 600"))
	ok := p.Response(200)
	notified(t, p, "active;expires=600", 200)
	return toTag(ok)
}

func TestSubscription(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "NOT-NFY-01", "NOT-NFY-02", "NOT-SUB-08", "NOT-SUB-09", "NOT-END-05", "COM-13")
	f := &feed{}
	bubble(t, conference(f), func(x *scene) {
		t, p := x.t, x.peer
		start := time.Now()
		p.Send(subscribe(1, "", "Event: conference;id=7;x=y", "Expires: 600"))
		ok := p.Response(200)
		if ok.Header.Value("Expires") != "600" || ok.Header.Value("Contact") != "<sip:conf@10.0.0.1>;isfocus" {
			t.Errorf("200 %v", ok.Header.Fields)
		}
		n := notified(t, p, "active;expires=600", 200)
		if time.Since(start) > 100*time.Millisecond {
			t.Errorf("first NOTIFY after %v", time.Since(start))
		}
		if got := n.Header.Value("Event"); got != "conference;id=7;x=y" {
			t.Errorf("Event %q", got)
		}
		if diff := cmp.Diff([]event.Pull{{Full: true, Must: true}}, f.pulled()); diff != "" {
			t.Errorf("pulls (-want +got):\n%s", diff)
		}
		<-time.After(100 * time.Second)
		f.sub.Changed()
		notified(t, p, "active;expires=500", 200)
		if diff := cmp.Diff([]event.Pull{{}}, f.pulled()); diff != "" {
			t.Errorf("pulls (-want +got):\n%s", diff)
		}
		refresh := subscribe(2, toTag(ok), "Event: conference;id=7", "Expires: 7200")
		p.Send(strings.Replace(refresh, "alice@10.0.0.2>", "alice@10.0.0.2;moved=1>", 1))
		if got := p.Response(200).Header.Value("Expires"); got != "3600" {
			t.Errorf("Expires %s", got)
		}
		n = notified(t, p, "active;expires=3600", 200)
		if got := n.URI.String(); got != "sip:alice@10.0.0.2;moved=1" {
			t.Errorf("NOTIFY goes to %s", got)
		}
		old := subscribe(2, toTag(ok), "Event: conference;id=7")
		p.Send(strings.Replace(old, "z9hG4bKs2", "z9hG4bKold", 1))
		p.Response(500)
		p.Send(subscribe(3, toTag(ok), "Event: conference;id=7", "Expires: 0"))
		if got := p.Response(200).Header.Value("Expires"); got != "0" {
			t.Errorf("Expires %s", got)
		}
		last := notify(t, p, "terminated;reason=timeout")
		f.ended(t, event.Timeout)
		want := []event.Pull{{Full: true, Must: true}, {Full: true, Must: true, Final: true, Reason: event.Timeout}}
		if diff := cmp.Diff(want, f.pulled()); diff != "" {
			t.Errorf("pulls (-want +got):\n%s", diff)
		}
		p.Send(subscribe(4, toTag(ok), "Event: conference;id=7", "Expires: 600"))
		p.Response(481)
		p.Answer(last, 200, "", "", "")
		p.Send(subscribe(5, toTag(ok), "Event: conference;id=7", "Expires: 600"))
		p.Response(481)
	})
}

func TestSubscriptionExpires(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "NOT-SUB-09")
	f := &feed{}
	bubble(t, conference(f), func(x *scene) {
		t, p := x.t, x.peer
		begin(t, p)
		p.Quiet(599 * time.Second)
		notified(t, p, "terminated;reason=timeout", 200)
		f.ended(t, event.Timeout)
		if pulls := f.pulled(); !pulls[1].Full || !pulls[1].Final {
			t.Errorf("pulls %+v", pulls)
		}
	})
}

func TestFetch(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "NOT-SUB-06")
	f := &feed{}
	bubble(t, conference(f), func(x *scene) {
		t, r, p := x.t, x.rig, x.peer
		p.Send(subscribe(1, "", "Event: conference", "Expires: 0"))
		if got := p.Response(200).Header.Value("Expires"); got != "0" {
			t.Errorf("Expires %s", got)
		}
		n := notified(t, p, "terminated;reason=timeout", 200)
		if len(n.Body) == 0 || !f.pulled()[0].Full {
			t.Error("no full state")
		}
		f.sub.Changed()
		p.Quiet(time.Minute)
		r.Dialogs(t, 0)
	})
}

func TestRefusedSubscriptions(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		fields []string
		status int
		field  string
		value  string
	}{
		{
			name: "other case", fields: []string{"Event: Conference"},
			status: 489, field: "Allow-Events", value: "conference, refer",
		},
		{
			name:   "no event",
			status: 489, field: "Allow-Events", value: "conference, refer",
		},
		{
			name:   "two events",
			fields: []string{"Event: conference", "Event: conference"}, status: 400,
		},
		{
			name: "too brief", fields: []string{"Event: conference", "Expires: 30"},
			status: 423, field: "Min-Expires", value: "60",
		},
		{
			name: "absent", fields: []string{"Event: conference"},
			status: 200, field: "Expires", value: "3600",
		},
		{
			name:   "overlarge",
			fields: []string{"Event: conference", "Expires: 99999999999999"},
			status: 200, field: "Expires", value: "3600",
		},
		{
			name: "long", fields: []string{"Event: conference", "Expires: 86400"},
			status: 200, field: "Expires", value: "3600",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			conform.Covers(t, "NOT-SUB-02", "NOT-SUB-05")
			f := &feed{}
			bubble(t, conference(f), func(x *scene) {
				t, p := x.t, x.peer
				p.Send(subscribe(1, "", tt.fields...))
				resp := p.Response(tt.status)
				if got := resp.Header.Value(tt.field); got != tt.value {
					t.Errorf("%s %q, want %q", tt.field, got, tt.value)
				}
				if tt.status == 200 {
					notified(t, p, "active;expires=3600", 481)
				}
			})
		})
	}
}

func TestOneNotifyAtATime(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "NOT-NFY-06", "NOT-NFY-08")
	f := &feed{}
	bubble(t, conference(f), func(x *scene) {
		t, p := x.t, x.peer
		begin(t, p)
		f.pulled()
		f.sub.Changed()
		first := notify(t, p, "active;expires=600")
		f.sub.Changed()
		f.sub.Changed()
		p.Quiet(400 * time.Millisecond)
		p.Answer(first, 200, "", "", "")
		second := notify(t, p, "active;expires=599")
		if n := len(f.pulled()); n != 2 {
			t.Errorf("%d bodies asked for", n)
		}
		f.sub.Changed()
		f.sub.Terminate(event.Termination{Reason: event.NoResource})
		f.sub.Changed()
		f.sub.Terminate(event.Termination{Reason: event.Rejected})
		p.Quiet(400 * time.Millisecond)
		f.ended(t, event.NoResource)
		p.Answer(second, 200, "", "", "")
		notified(t, p, "terminated;reason=noresource", 200)
		p.Quiet(time.Minute)
	})
}

func TestOutcomeOfNotify(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "NOT-NFY-07")
	for _, status := range []int{404, 405, 410, 416, 480, 481, 485, 489, 501, 604, 0} {
		f := &feed{}
		bubble(t, conference(f), func(x *scene) {
			r, p := x.rig, x.peer
			begin(x.t, p)
			f.sub.Changed()
			req := notify(x.t, p, "active;expires=600")
			if status == 0 { // Timer F
				for m := sipmsg.Message(req); m != nil; {
					m = p.Next(10 * time.Second)
				}
			} else {
				p.Answer(req, status, "", "", "")
			}
			f.ended(x.t, "")
			f.sub.Changed()
			p.Quiet(time.Hour)
			if n := r.Dialog.Dialogs(); n != 0 {
				x.t.Errorf("%d dialogs left after %d", n, status)
			}
		})
	}
	for _, status := range []int{403, 500, 503} {
		f := &feed{}
		bubble(t, conference(f), func(x *scene) {
			t, p := x.t, x.peer
			begin(t, p)
			f.sub.Changed()
			notified(t, p, "active;expires=600", status)
			p.Quiet(time.Second)
			f.lives(t)
			f.pulled()
			f.sub.Changed()
			notified(t, p, "active;expires=599", 200)
			if pulls := f.pulled(); len(pulls) != 1 || !pulls[0].Full {
				t.Errorf("after %d: %+v", status, pulls)
			}
		})
	}
}

func TestRefreshRefused(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "NOT-SUB-08")
	f := &feed{}
	bubble(t, conference(f), func(x *scene) {
		t, p := x.t, x.peer
		tag := begin(t, p)
		f.refuse = &sip.Error{Status: 403}
		f.next = func(event.Pull) (event.Body, bool) { return event.Body{}, false }
		p.Send(subscribe(2, tag, "Event: conference", "Expires: 600"))
		p.Response(403)
		if n := notified(t, p, "terminated;reason=rejected", 200); len(n.Body) != 0 {
			t.Errorf("body %q", n.Body)
		}
		f.ended(t, event.Rejected)
		p.Send(subscribe(3, "unknown", "Event: conference", "Expires: 600"))
		p.Response(481)
	})
}

func TestCancelOfSubscribe(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "NOT-SUB-03")
	f := &feed{}
	bubble(t, conference(f), func(x *scene) {
		t, p := x.t, x.peer
		p.Send(subscribe(1, "", "Event: conference", "Expires: 600"))
		tag := toTag(p.Response(200))
		notified(t, p, "active;expires=600", 200)
		p.Send(strings.ReplaceAll(subscribe(1, ""), "SUBSCRIBE", "CANCEL"))
		p.Response(200)
		f.lives(t)
		p.Send(subscribe(2, tag, "Event: conference", "Expires: 0"))
		p.Response(200)
		notified(t, p, "terminated;reason=timeout", 200)
	})
}
