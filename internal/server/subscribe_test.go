package server

import (
	"strconv"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// TestSubscribeRefusals asks for subscriptions that are not to be had.
func TestSubscribeRefusals(t *testing.T) {
	conform.Covers(t, "NOT-SUB-02", "NOT-SUB-05", "NOT-SUB-07", "NOT-SUB-10", "NOT-SUB-12", "NOT-SUB-13")
	r := serve(t, nil)
	outsider := r.guest("tcp", "outsider")
	outsider.Send(outsider.other(sipmsg.SUBSCRIBE, lobby, "Event: conference"))
	outsider.Expect(404, sipmsg.SUBSCRIBE) // reserved and not running

	alice := r.guest("tcp", "alice").join(lobby)
	outsider.Send(outsider.other(sipmsg.SUBSCRIBE, lobby, "Event: conference"))
	outsider.Expect(403, sipmsg.SUBSCRIBE)
	for name, test := range map[string]struct {
		fields []string
		status int
		field  string
		value  string
	}{
		"no event":         {nil, 489, "Allow-Events", "conference"},
		"another event":    {[]string{"Event: presence"}, 489, "Allow-Events", "conference"},
		"another case":     {[]string{"Event: Conference"}, 489, "Allow-Events", "conference"},
		"too brief":        {[]string{"Event: conference", "Expires: 30"}, 423, "Min-Expires", "60"},
		"another document": {[]string{"Event: conference", "Accept: text/plain"}, 406, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			alice.Send(alice.other(sipmsg.SUBSCRIBE, lobby, test.fields...))
			resp := alice.Expect(test.status, sipmsg.SUBSCRIBE)
			if test.field != "" {
				field(t, resp, test.field, test.value)
			}
		})
	}
	// A subscription needs a dialog of its own.
	alice.Send(alice.call.Request(sipmsg.SUBSCRIBE, "Event: conference"))
	alice.Expect(403, sipmsg.SUBSCRIBE)
	alice.leave()
	r.vacant()
}

// TestSubscribeBeforeAck overtakes the ACK. What is refused later costs the subscription
// nothing.
func TestSubscribeBeforeAck(t *testing.T) {
	conform.Covers(t, "NOT-SUB-04", "NOT-SUB-07")
	r := serve(t, nil)
	alice := r.guest("tcp", "alice")
	alice.Send(alice.invite(lobby))
	alice.call.Learn(alice.Expect(200, sipmsg.INVITE))
	w := r.watch("udp", "alice", "Accept: application/*")
	w.full()
	alice.Send(alice.call.Ack())
	w.Send(w.sub.Request(sipmsg.SUBSCRIBE, "Event: conference", "Accept: text/plain"))
	w.Expect(406, sipmsg.SUBSCRIBE)
	alice.leave()
	w.terminated("rejected", without)
	r.vacant()
}

// TestFetch asks for the roster once.
func TestFetch(t *testing.T) {
	conform.Covers(t, "NOT-SUB-06")
	r := serve(t, nil)
	alice := r.guest("tcp", "alice").join(lobby)
	w := r.watch("tcp", "alice", "Expires: 0")
	if state, doc := w.notified(); state != "terminated;reason=timeout" || !whole(doc) {
		t.Errorf("%s\n%s", state, w.bodies)
	}
	bob := r.guest("tcp", "bob").join(lobby)
	bob.leave()
	w.Send(w.other(sipmsg.OPTIONS, lobby))
	w.Expect(200, sipmsg.OPTIONS) // and no NOTIFY before it
	alice.leave()
	r.vacant()
}

// TestManySubscriptions has a user lose his state again and again.
func TestManySubscriptions(t *testing.T) {
	conform.Covers(t, "NOT-SUB-11")
	r := serve(t, nil)
	alice := r.guest("tcp", "alice").join(lobby)
	watchers := make([]*watcher, conference.DefaultPolicy().EndpointsPerUser+1)
	for i := range watchers {
		watchers[i] = r.watch([]string{"tcp", "udp"}[i%2], "alice")
		watchers[i].full()
	}
	watchers[0].terminated("timeout", whole)
	bob := r.guest("tcp", "bob").join(lobby)
	for _, w := range watchers[1:] {
		w.until("bob", "connected")
	}
	bob.leave()
	alice.leave()
	for _, w := range watchers[1:] {
		w.terminated("rejected", without)
	}
	r.vacant()
}

// TestConferenceEnds ends the conference over the heads of its users.
func TestConferenceEnds(t *testing.T) {
	conform.Covers(t, "NOT-END-01", "NOT-NFY-11", "FOC-TRM-03", "FOC-TRM-04")
	r := serve(t, nil)
	guests := []*guest{r.guest("tcp", "alice"), r.guest("udp", "bob")}
	together(guests, func(_ int, g *guest) { g.join(lobby).connect() })
	alice, bob := guests[0], guests[1]
	w := r.watch("tcp", "alice")
	w.full()
	blink := r.watch("tcp", "bob", "User-Agent: Blink Pro 5")
	blink.full()
	carol := r.guest("tcp", "carol").join(lobby)
	blink.full() // never a partial document
	w.until("carol", "connected")
	r.end()
	for _, g := range []*guest{alice, bob, carol} {
		bye := g.Request()
		g.Answer(bye, 200)
		if bye.Method != sipmsg.BYE || bye.Header.Value("Reason") == "" {
			t.Errorf("%s", bye.Append(nil))
		}
	}
	alice.msrp.Expect(alice.msrp.Send("late", "message/cpim", cpim(alice.aor(), lobby, "x")), 481)
	w.terminated("noresource", deleted)
	blink.terminated("noresource", without)
	w.valid()
	blink.valid()
	r.vacant()
	alice.join(lobby).leave()
	r.vacant()
}

// TestPacing has ten users come within one interval.
func TestPacing(t *testing.T) {
	conform.Covers(t, "NOT-NFY-04")
	r := serve(t, func(c *config.Config) { c.Notify.MinInterval = time.Second })
	alice := r.guest("tcp", "alice").join(lobby)
	w := r.watch("tcp", "alice")
	w.full()
	guests := make([]*guest, 10)
	for i := range guests {
		guests[i] = r.guest("tcp", "user"+strconv.Itoa(i))
	}
	begun := time.Now()
	guests[0].join(lobby)
	w.until(guests[0].name, "connected") // it was quiet: at once
	together(guests[1:], func(_ int, g *guest) { g.join(lobby) })
	for _, g := range guests {
		w.until(g.name, "connected")
	}
	took := time.Since(begun)
	if n := len(w.bodies); n > 3+int(took/time.Second) || took < time.Second {
		t.Errorf("%d documents within %v", n, took)
	}
	alice.leave()
	w.terminated("rejected", without)
}

// TestRefusedNotify has a subscriber that knows nothing of its subscription.
func TestRefusedNotify(t *testing.T) {
	conform.Covers(t, "NOT-NFY-07", "FOC-LVE-04")
	r := serve(t, nil)
	alice := r.guest("tcp", "alice").join(lobby)
	w := r.watch("tcp", "alice")
	w.Answer(w.Request(), 481)
	bob := r.guest("tcp", "bob").join(lobby)
	w.Send(w.other(sipmsg.OPTIONS, lobby))
	w.Expect(200, sipmsg.OPTIONS) // no NOTIFY before it
	w.Send(w.sub.Request(sipmsg.SUBSCRIBE, "Event: conference"))
	w.Expect(481, sipmsg.SUBSCRIBE)
	alice.Send(alice.call.Request(sipmsg.OPTIONS)) // the user stays
	alice.Expect(200, sipmsg.OPTIONS)

	// Another failure costs nothing but a full document.
	again := r.watch("tcp", "alice")
	again.Answer(again.Request(), 503)
	bob.leave()
	again.bodies = append(again.bodies, "the one that was refused")
	again.full()
	alice.leave()
	again.terminated("rejected", without)
	r.vacant()
}

// TestCancelledSubscribe cancels what cannot be cancelled.
func TestCancelledSubscribe(t *testing.T) {
	conform.Covers(t, "NOT-SUB-03")
	r := serve(t, nil)
	r.guest("tcp", "alice").join(lobby)
	g := r.guest("udp", "alice") // over TCP the transaction may be gone when the CANCEL comes
	w := &watcher{guest: g, sub: g.Dialog(g.aor(), lobby)}
	req := w.sub.Request(sipmsg.SUBSCRIBE, "Event: conference")
	w.together(req, testnet.Cancel(req))
	answers, notified := 0, false
	for answers < 2 || !notified {
		switch m := w.Next().(type) {
		case *sipmsg.Request:
			notified = true
			w.Answer(m, 200)
		case *sipmsg.Response:
			answers++
			if m.Status != 200 {
				t.Errorf("%s", m.Append(nil))
			}
		}
	}
}
