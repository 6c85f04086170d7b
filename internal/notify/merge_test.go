package notify

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/confinfo"
	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip/event"
)

// crowd is how many users come and go in a history.
const crowd = 50

// TestMergedDocumentsAreTheWhole plays random histories: a subscriber that
// merges what he is told always has what a full document says, whatever his
// view is.
func TestMergedDocumentsAreTheWhole(t *testing.T) {
	conform.Covers(t, "NOT-NFY-03", "NOT-NFY-05", "NOT-NFY-10", "PRV-04")
	var sample [][]byte
	for seed := range uint64(histories) {
		synctest.Test(t, func(t *testing.T) {
			h := &history50{stage: newStage(t), rnd: rand.New(rand.NewPCG(seed, 1)), seed: seed}
			h.play()
			if seed%50 == 0 {
				sample = append(sample, h.documents...)
			}
		})
	}
	testnet.Validate(t, "../../confinfo/testdata/conference-info.xsd", sample...)
}

// history50 is a random history of 50 users, seen by several subscribers.
type history50 struct {
	*stage
	rnd       *rand.Rand
	seed      uint64
	watching  []*merging
	documents [][]byte
}

// merging is a subscriber that merges what he is told.
type merging struct {
	*subscriber
	local *confinfo.Document
}

func (h *history50) play() {
	h.t.Helper()
	h.do(conference.Connect{At: time.Now(), Endpoint: "ep-alice"})
	for _, who := range []string{"alice", "user0", "user1", ""} {
		sub := &subscriber{board: h.board}
		if who != "" {
			sub.identity = conference.Identity("sip:" + who + "@example.test")
			sub.user = conference.User(sub.identity)
		}
		h.board.add(sub, 0)
		local, _ := confinfo.Apply(nil, h.next(sub, event.Pull{Full: true, Must: true}))
		h.watching = append(h.watching, &merging{sub, local})
	}
	for i := range 10 {
		h.join(fmt.Sprintf("user%d", i), fmt.Sprintf("ep-first-%d", i))
	}
	for step := range 60 {
		<-time.After(time.Duration(h.rnd.IntN(20)) * time.Second)
		synctest.Wait()
		h.step(step)
		for _, m := range h.watching {
			if h.rnd.IntN(3) == 0 { // else changes add up
				h.merge(m, step)
			}
			if h.rnd.IntN(20) == 0 {
				h.merge(m, step)
				h.compare(m, step)
			}
		}
	}
}

// step has something happen, or not where it is refused.
func (h *history50) step(step int) {
	user := fmt.Sprintf("user%d", h.rnd.IntN(crowd))
	fresh := fmt.Sprintf("ep-%d", step)
	some := conference.EndpointID(fmt.Sprintf("ep-%d", h.rnd.IntN(step+1)))
	switch h.rnd.IntN(9) {
	case 0, 1:
		h.join(user, fresh)
	case 2:
		private := h.admit(user, fresh)
		private.Private, private.Contact = h.rnd.IntN(2) == 0, "sip:"+user+"@192.0.2.1"
		h.do(private)
	case 3:
		h.leave(string(some), conference.Cause(h.rnd.IntN(int(conference.CauseReplaced)+1)))
	case 4:
		h.do(conference.SetMedia{At: time.Now(), Endpoint: some, Media: conference.Direction(h.rnd.IntN(4))})
	case 5:
		h.do(conference.Invite{
			At: time.Now(), By: conference.User(fmt.Sprintf("sip:user%d@example.test", h.rnd.IntN(3))), Display: user,
			Identity: conference.Identity("sip:" + user + "@example.test"), Endpoint: conference.EndpointID(fresh), Hidden: h.rnd.IntN(2) == 0,
		})
	case 6:
		h.do(conference.Advance{At: time.Now(), Endpoint: some, Status: conference.Status(1 + h.rnd.IntN(2))})
	case 7:
		h.do(conference.Connect{At: time.Now(), Endpoint: some, Private: h.rnd.IntN(3) == 0})
	case 8:
		h.change(user, some)
	}
}

// change has something happen that is rare.
func (h *history50) change(user string, some conference.EndpointID) {
	switch h.rnd.IntN(4) {
	case 0:
		h.do(conference.Lock{At: time.Now(), Locked: h.rnd.IntN(2) == 0})
	case 1:
		subject := "about " + user
		h.do(conference.Change{At: time.Now(), Subject: &subject})
	case 2:
		h.do(conference.SetNickname{At: time.Now(), Endpoint: some, Nickname: user + "!"})
	case 3:
		h.do(conference.Appoint{
			At: time.Now(), Identity: conference.Identity("sip:" + user + "@example.test"), Role: conference.Role(h.rnd.IntN(3)),
		})
	}
}

// merge tells a subscriber what has changed.
func (h *history50) merge(m *merging, step int) {
	h.t.Helper()
	when := fmt.Sprintf("seed %d, step %d, %q", h.seed, step, m.user)
	if body, ok := m.Next(event.Pull{}); ok {
		var outcome confinfo.Outcome
		if m.local, outcome = confinfo.Apply(m.local, document(h.t, body)); outcome != confinfo.Applied {
			h.t.Fatalf("%s: outcome %v of\n%s", when, outcome, body.Data)
		}
		h.documents = append(h.documents, body.Data)
	}
}

// compare holds what a subscriber has against a full document.
func (h *history50) compare(m *merging, step int) {
	h.t.Helper()
	when := fmt.Sprintf("seed %d, step %d, %q", h.seed, step, m.user)
	fresh := &subscriber{board: h.board, identity: m.identity, user: m.user}
	want := h.next(fresh, event.Pull{Full: true, Must: true})
	if diff := cmp.Diff(byKey(want), byKey(m.local)); diff != "" {
		h.t.Fatalf("%s: the subscriber differs from the full state (-full +subscriber):\n%s", when, diff)
	}
	if *want.ConferenceState != *m.local.ConferenceState || want.Description.Subject != m.local.Description.Subject {
		h.t.Fatalf("%s: %+v %+v, want %+v %+v", when, *m.local.ConferenceState, *m.local.Description, *want.ConferenceState, *want.Description)
	}
}

// byKey is a roster without order, which RFC 4575 gives none.
func byKey(d *confinfo.Document) map[string]string {
	users := make(map[string]string)
	for _, u := range d.Users.List {
		endpoints := make(map[string]string)
		for _, e := range u.Endpoints {
			endpoints[e.Entity] = fmt.Sprintf("%+v", e)
		}
		u.Endpoints = nil
		users[u.Entity] = fmt.Sprintf("%+v %v", u, endpoints)
	}
	return users
}
