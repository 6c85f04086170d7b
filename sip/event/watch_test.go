package event_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/event"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// viewer notes what a watch tells.
type viewer struct {
	mu    sync.Mutex
	notes []event.Notification
	ends  []event.Termination
}

func (v *viewer) Notified(n event.Notification) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.notes = append(v.notes, n)
}

func (v *viewer) Ended(t event.Termination) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.ends = append(v.ends, t)
}

// saw fails the test unless there were n notifications, and the watch is over or not.
func (v *viewer) saw(t *testing.T, n int, over bool) event.Termination {
	t.Helper()
	synctest.Wait()
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.notes) != n || (len(v.ends) == 1) != over || len(v.ends) > 1 {
		t.Fatalf("%d notifications, ends %v; want %d, over %v", len(v.notes), v.ends, n, over)
	}
	if !over {
		return event.Termination{}
	}
	return v.ends[0]
}

func watch(t *testing.T, r *rig, v *viewer, expires uint32) *event.Watch {
	t.Helper()
	to, err := sipmsg.ParseURI("sip:conf@10.0.0.2")
	if err != nil {
		t.Fatal(err)
	}
	from, err := sipmsg.ParseAddress("<sip:alice@ims.example>")
	if err != nil {
		t.Fatal(err)
	}
	return r.agent.Subscribe(
		dialog.Outgoing{URI: to, From: from, Contact: "<sip:alice@10.0.0.1>"},
		event.Interest{Event: "conference", Accept: []string{"application/conference-info+xml"}, Expires: expires}, v)
}

// watching runs f in a bubble where the stack has sent the peer the first SUBSCRIBE.
func watching(t *testing.T, v *viewer, expires uint32, f func(x *scene, w *event.Watch, sub *sipmsg.Request)) {
	t.Helper()
	bubble(t, nil, func(x *scene) {
		w := watch(x.t, x.rig, v, expires)
		f(x, w, x.peer.Request(sipmsg.SUBSCRIBE))
	})
}

// notifyFor writes a NOTIFY of the peer, whose tag is tag, for a SUBSCRIBE.
func notifyFor(sub *sipmsg.Request, tag string, cseq int, state string, more ...string) string {
	ev := "Event: conference"
	if len(more) > 0 && strings.HasPrefix(more[0], "Event:") {
		ev, more = more[0], more[1:]
	}
	return strings.Join(append([]string{
		"NOTIFY sip:alice@10.0.0.1 SIP/2.0",
		fmt.Sprintf("Via: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK%s%d", tag, cseq),
		"From: <sip:conf@10.0.0.2>;tag=" + tag,
		"To: " + sub.Header.Value("From"),
		"Call-ID: " + sub.Header.CallID(),
		fmt.Sprintf("CSeq: %d NOTIFY", cseq),
		"Contact: <sip:conf@10.0.0.2>;isfocus", ev,
		"Subscription-State: " + state,
	}, more...), "\n") + "\n\nbody"
}

func TestWatch(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-SUB-03", "COM-12")
	v := &viewer{}
	watching(t, v, 3600, func(x *scene, w *event.Watch, sub *sipmsg.Request) {
		t, p := x.t, x.peer
		h := &sub.Header
		if h.Value("Event") != "conference" || h.Value("Expires") != "3600" ||
			h.Value("Accept") != "application/conference-info+xml" {
			t.Errorf("SUBSCRIBE %v", h.Fields)
		}
		// The route set is that of the NOTIFY, not of the 200.
		p.Answer(sub, 200, "n", "Expires: 3600\nContact: <sip:conf@10.0.0.2>\nRecord-Route: <sip:nowhere.example;lr>", "")
		p.Ask(notifyFor(sub, "n", 1, "active;expires=600", "Record-Route: <sip:10.0.0.2;lr;r=1>"), 200)
		v.saw(t, 1, false)
		p.Quiet(8 * time.Minute)
		again, ok := p.Next(2 * time.Minute).(*sipmsg.Request)
		if !ok || again.Method != sipmsg.SUBSCRIBE {
			t.Fatal("not refreshed before the ten minutes of the NOTIFY were over")
		}
		if got := again.Header.Value("Route"); got != "<sip:10.0.0.2;lr;r=1>" {
			t.Errorf("Route %s", got)
		}
		if toTag(again) != "n" || again.Header.Value("Expires") != "3600" {
			t.Errorf("refresh %v", again.Header.Fields)
		}
		p.Answer(again, 200, "", "Expires: 3600", "")
		p.Ask(notifyFor(sub, "n", 2, "active;expires=3600"), 200)
		w.Unsubscribe()
		last := p.Request(sipmsg.SUBSCRIBE)
		if last.Header.Value("Expires") != "0" {
			t.Errorf("Expires %s", last.Header.Value("Expires"))
		}
		p.Answer(last, 200, "", "Expires: 0", "")
		v.saw(t, 2, false)
		p.Ask(notifyFor(sub, "n", 3, "terminated;reason=timeout"), 200)
		v.saw(t, 3, true)
		p.Ask(notifyFor(sub, "n", 4, "active;expires=600"), 481)
	})
}

func TestNotifyBeforeAnswer(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-SUB-02")
	v := &viewer{}
	watching(t, v, 3600, func(x *scene, _ *event.Watch, sub *sipmsg.Request) {
		t, p := x.t, x.peer
		p.Ask(notifyFor(sub, "n", 1, "active;expires=600", "Event: presence"), 489)
		other := sub.Clone()
		other.Header.Set("From", "<sip:alice@ims.example>;tag=other")
		p.Ask(notifyFor(other, "m", 2, "active;expires=600"), 481)
		p.Ask(notifyFor(sub, "n", 3, "active;expires=600"), 200)
		v.saw(t, 1, false)
		p.Answer(sub, 200, "n", "Expires: 3600", "")
		p.Ask(notifyFor(sub, "fork", 4, "active;expires=600"), 481)
		p.Ask(notifyFor(sub, "n", 4, "active;expires=600", "Event: presence"), 489)
		p.Ask(notifyFor(sub, "n", 5, "terminated;reason=noresource"), 200)
		v.saw(t, 2, true)
	})
}

func TestNoNotify(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-SUB-03")
	v := &viewer{}
	watching(t, v, 3600, func(x *scene, _ *event.Watch, sub *sipmsg.Request) {
		t, p := x.t, x.peer
		p.Answer(sub, 200, "n", "Expires: 3600", "")
		p.Quiet(31 * time.Second)
		v.saw(t, 0, false)
		p.Quiet(1200 * time.Millisecond)
		v.saw(t, 0, true)
		p.Ask(notifyFor(sub, "n", 1, "active;expires=600"), 481)
	})
}

// TestLateFinalNotify: the 200 with Expires: 0 is not the end; the NOTIFY is, however long
// it takes.
func TestLateFinalNotify(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-SUB-03")
	t.Run("fetch", func(t *testing.T) {
		t.Parallel()
		v := &viewer{}
		watching(t, v, 0, func(x *scene, _ *event.Watch, sub *sipmsg.Request) {
			t, p := x.t, x.peer
			p.Answer(sub, 200, "n", "Expires: 0", "")
			p.Quiet(31 * time.Second)
			v.saw(t, 0, false)
			p.Ask(notifyFor(sub, "n", 1, "terminated;reason=timeout"), 200)
			if end := v.saw(t, 1, true); end.Reason != event.Timeout || end.Err != nil {
				t.Errorf("ended %+v", end)
			}
		})
	})
	t.Run("unsubscribe", func(t *testing.T) {
		t.Parallel()
		v := &viewer{}
		bubble(t, nil, func(x *scene) {
			t, p := x.t, x.peer
			w := established(t, x.rig, p, v)
			w.Unsubscribe()
			sub := p.Request(sipmsg.SUBSCRIBE)
			p.Answer(sub, 200, "", "Expires: 0", "")
			p.Quiet(5 * time.Second)
			p.Ask(notifyFor(sub, "n", 2, "terminated;reason=timeout"), 200)
			v.saw(t, 2, true)
		})
	})
}

func TestWatchRefused(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-SUB-04")
	t.Run("first", func(t *testing.T) {
		t.Parallel()
		v := &viewer{}
		watching(t, v, 30, func(x *scene, _ *event.Watch, sub *sipmsg.Request) {
			t, p := x.t, x.peer
			p.Answer(sub, 423, "n", "Min-Expires: 60", "")
			again := p.Request(sipmsg.SUBSCRIBE)
			cseq, _ := again.Header.CSeq()
			if again.Header.Value("Expires") != "60" || cseq.Seq != 2 ||
				again.Header.CallID() != sub.Header.CallID() {
				t.Errorf("second try %v", again.Header.Fields)
			}
			p.Answer(again, 403, "n", "", "")
			if end := v.saw(t, 0, true); sip.AsError(end.Err).Status != 403 {
				t.Errorf("ended %+v", end)
			}
		})
	})
	for _, status := range []int{404, 405, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604} {
		t.Run(fmt.Sprint("refresh ", status), func(t *testing.T) {
			t.Parallel()
			v := &viewer{}
			bubble(t, nil, func(x *scene) {
				t, p := x.t, x.peer
				w := established(t, x.rig, p, v)
				w.Refresh()
				old := p.Request(sipmsg.SUBSCRIBE)
				p.Answer(old, status, "", "", "")
				v.saw(t, 1, true)
				p.Quiet(time.Hour)
				watch(t, x.rig, &viewer{}, 600)
				anew := p.Request(sipmsg.SUBSCRIBE)
				if anew.Header.CallID() == old.Header.CallID() || anew.Header.Value("From") == old.Header.Value("From") {
					t.Error("a new subscription under the old Call-ID or tag")
				}
				p.Answer(anew, 404, "", "", "")
			})
		})
	}
	t.Run("refresh 500", func(t *testing.T) {
		t.Parallel()
		v := &viewer{}
		bubble(t, nil, func(x *scene) {
			t, p := x.t, x.peer
			w := established(t, x.rig, p, v)
			w.Refresh()
			p.Answer(p.Request(sipmsg.SUBSCRIBE), 500, "", "", "")
			p.Quiet(time.Minute)
			v.saw(t, 1, false)
			start := time.Now()
			for {
				req, ok := p.Next(10 * time.Minute).(*sipmsg.Request)
				if !ok {
					break
				}
				p.Answer(req, 500, "", "", "")
			}
			if time.Since(start) < 9*time.Minute {
				t.Error("ended early")
			}
			if end := v.saw(t, 1, true); end.Reason != event.Timeout {
				t.Errorf("ended %+v", end)
			}
		})
	})
}

// established begins a subscription of ten minutes.
func established(t *testing.T, r *rig, p *testnet.Peer, v *viewer) *event.Watch {
	t.Helper()
	w := watch(t, r, v, 600)
	sub := p.Request(sipmsg.SUBSCRIBE)
	p.Answer(sub, 202, "n", "Expires: 600", "")
	p.Ask(notifyFor(sub, "n", 1, "active;expires=600"), 200)
	v.saw(t, 1, false)
	return w
}

func TestUnsubscribeBeforeFirstNotify(t *testing.T) {
	t.Parallel()
	v := &viewer{}
	watching(t, v, 600, func(x *scene, w *event.Watch, sub *sipmsg.Request) {
		t, p := x.t, x.peer
		w.Unsubscribe()
		p.Answer(sub, 200, "n", "Expires: 600", "")
		p.Ask(notifyFor(sub, "n", 1, "active;expires=600"), 200)
		p.Answer(p.Request(sipmsg.SUBSCRIBE), 200, "", "Expires: 0", "")
		p.Quiet(33 * time.Second) // no final NOTIFY
		v.saw(t, 1, true)
	})
}

func TestFetchByWatch(t *testing.T) {
	t.Parallel()
	v := &viewer{}
	watching(t, v, 0, func(x *scene, _ *event.Watch, sub *sipmsg.Request) {
		t, p := x.t, x.peer
		p.Answer(sub, 200, "n", "Expires: 0", "")
		p.Ask(notifyFor(sub, "n", 1, "terminated;reason=timeout"), 200)
		v.saw(t, 1, true)
		p.Quiet(time.Hour)
	})
}

func TestResubscribe(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-SUB-05")
	tests := []struct {
		state string
		after time.Duration
		again bool
	}{
		{"terminated;reason=deactivated;retry-after=9;expires=600", 0, true},
		{"terminated;reason=timeout;retry-after=9", 0, true},
		{"terminated;reason=probation;retry-after=9", 9 * time.Second, true},
		{"terminated;reason=giveup;retry-after=9", 9 * time.Second, true},
		{"terminated;reason=giveup", 0, true},
		{"terminated;reason=rejected;retry-after=9", 0, false},
		{"terminated;reason=noresource", 0, false},
		{"terminated;reason=invariant;retry-after=31536000", 0, false},
		{"terminated", 0, true},
		{"terminated;reason=whatever;retry-after=9", 9 * time.Second, true},
		{"Terminated;Reason=Rejected;retry-after=9", 0, false},
		{"TERMINATED;reason=NoResource", 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.state, func(t *testing.T) {
			t.Parallel()
			v := &viewer{}
			watching(t, v, 600, func(x *scene, _ *event.Watch, sub *sipmsg.Request) {
				t, p := x.t, x.peer
				p.Answer(sub, 200, "n", "Expires: 600", "")
				p.Ask(notifyFor(sub, "n", 1, tt.state), 200)
				end := v.saw(t, 1, true)
				if after, again := end.Resubscribe(); after != tt.after || again != tt.again {
					t.Errorf("%+v: after %v, %v", end, after, again)
				}
			})
		})
	}
}

// reader is a viewer that refuses every second NOTIFY.
type reader struct {
	viewer
	read int
}

func (r *reader) Examine(*sipmsg.Request) *sip.Error {
	if r.read++; r.read%2 == 0 {
		return &sip.Error{Status: 400}
	}
	return nil
}

func TestExaminer(t *testing.T) {
	t.Parallel()
	bubble(t, nil, func(x *scene) {
		t, p := x.t, x.peer
		v := &reader{}
		to, err := sipmsg.ParseURI("sip:conf@10.0.0.2")
		if err != nil {
			t.Fatal(err)
		}
		x.rig.agent.Subscribe(dialog.Outgoing{URI: to, From: sipmsg.Address{URI: to}, Contact: "<sip:alice@10.0.0.1>"},
			event.Interest{Event: "conference", Expires: 600}, v)
		sub := p.Request(sipmsg.SUBSCRIBE)
		p.Answer(sub, 200, "n", "Expires: 600", "")
		p.Ask(notifyFor(sub, "n", 1, "active;expires=600"), 200)
		p.Ask(notifyFor(sub, "n", 2, "active;expires=600"), 400)
		v.saw(t, 1, false)
		p.Ask(notifyFor(sub, "n", 3, "active;expires=600"), 200)
		p.Ask(notifyFor(sub, "n", 4, "terminated;reason=noresource"), 400)
		v.saw(t, 2, true) // its state holds all the same
	})
}

// TestNotifiesDoNotPutOffTheRefresh: a busy notifier says with each NOTIFY how little
// is left. The refresh leaves when it was due at first, with time for a second attempt.
func TestNotifiesDoNotPutOffTheRefresh(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-SUB-03")
	v := &viewer{}
	watching(t, v, 600, func(x *scene, w *event.Watch, sub *sipmsg.Request) {
		t, p := x.t, x.peer
		p.Answer(sub, 200, "n", "Expires: 600", "")
		var again *sipmsg.Request
		cseq := 1
		for left := 600; again == nil && left > 0; left -= 7 {
			p.Send(notifyFor(sub, "n", cseq, fmt.Sprint("active;expires=", left)))
			cseq++
			p.Response(200)
			again, _ = p.Next(7 * time.Second).(*sipmsg.Request)
			if again != nil && left < 75 {
				t.Errorf("refreshed with only %d s left", left)
			}
		}
		if again == nil {
			t.Fatal("never refreshed")
		}
		p.Answer(again, 200, "", "Expires: 600", "")
		w.Unsubscribe()
		p.Answer(p.Request(sipmsg.SUBSCRIBE), 200, "", "Expires: 0", "")
		p.Ask(notifyFor(sub, "n", cseq, "terminated;reason=timeout"), 200)
	})
}
