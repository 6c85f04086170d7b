package notify

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/confinfo"
	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/sip/event"
)

// as is a subscriber who is in the conference, and is rung by nobody.
func (s *stage) as(user string) *subscriber {
	identity := conference.Identity("sip:" + user + "@example.test")
	sub := &subscriber{board: s.board, identity: identity, user: conference.User(identity)}
	s.board.add(sub, 0)
	return sub
}

// call has somebody invite bob.
func call(by string, hidden bool) conference.Invite {
	return conference.Invite{
		At: time.Now(), By: conference.User("sip:" + by + "@example.test"), Identity: "sip:bob@example.test",
		Display: "Bob", Endpoint: "ep-bob", Hidden: hidden,
	}
}

// statusOfBob is what a whole document says of bob's endpoint, "" for nothing.
func statusOfBob(d *confinfo.Document) string {
	for _, u := range d.Users.List {
		if u.Entity == "sip:bob@example.test" {
			return strings.TrimSpace(fmt.Sprint(u.Endpoints[0].Status, " ", u.Endpoints[0].DisconnectionMethod))
		}
	}
	return ""
}

// TestWhoSeesACall goes through the table of statuses: alice is the owner, carol
// invites, dave looks on. This is D-26.
func TestWhoSeesACall(t *testing.T) {
	conform.Covers(t, "PRV-04", "FOC-LST-16", "FOC-MRF-06")
	advance := func(status conference.Status) conference.Command {
		return conference.Advance{At: time.Now(), Endpoint: "ep-bob", Status: status}
	}
	fails := conference.Withdraw{At: time.Now(), Endpoint: "ep-bob", Cause: conference.CauseBusy, Reason: `SIP;cause=486;text="Busy Here"`}
	dialIn := func(s *stage) conference.Command { return s.admit("bob", "ep-bob") }
	for name, tt := range map[string]struct {
		hidden bool
		dialIn bool
		then   []conference.Command

		alice, carol, dave string
	}{
		"pending":            {alice: "pending", carol: "pending"},
		"dialing out":        {then: []conference.Command{advance(conference.StatusDialingOut)}, alice: "dialing-out", carol: "dialing-out", dave: "dialing-out"},
		"alerting":           {then: []conference.Command{advance(conference.StatusAlerting)}, alice: "alerting", carol: "alerting", dave: "alerting"},
		"alerting in secret": {hidden: true, then: []conference.Command{advance(conference.StatusAlerting)}, alice: "alerting", carol: "alerting"},
		"busy":               {then: []conference.Command{fails}, alice: "disconnected busy", carol: "disconnected busy", dave: "disconnected busy"},
		"busy in secret":     {hidden: true, then: []conference.Command{fails}, alice: "disconnected busy", carol: "disconnected busy"},
		"connected":          {hidden: true, then: []conference.Command{conference.Connect{Endpoint: "ep-bob"}}, alice: "connected", carol: "connected", dave: "connected"},
		"dialing in":         {dialIn: true, alice: "dialing-in"},
		"dialed in, gave up": {dialIn: true, then: []conference.Command{fails}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			s.do(conference.Connect{At: time.Now(), Endpoint: "ep-alice"})
			s.join("carol", "ep-carol")
			s.join("dave", "ep-dave")
			watching := map[string]*subscriber{"alice": s.as("alice"), "carol": s.as("carol"), "dave": s.as("dave")}
			local := make(map[string]*confinfo.Document)
			for who, sub := range watching {
				local[who] = s.next(sub, event.Pull{Full: true, Must: true})
			}
			if tt.dialIn {
				s.do(dialIn(s))
			} else {
				s.do(call("carol", tt.hidden))
			}
			for _, c := range tt.then {
				s.do(c)
			}
			for who, want := range map[string]string{"alice": tt.alice, "carol": tt.carol, "dave": tt.dave} {
				if body, ok := watching[who].Next(event.Pull{}); ok {
					local[who], _ = confinfo.Apply(local[who], document(t, body))
				}
				if got := statusOfBob(local[who]); got != want {
					t.Errorf("%s has merged %q, want %q", who, got, want)
				}
				if got := statusOfBob(s.next(watching[who], event.Pull{Full: true, Must: true})); got != want {
					t.Errorf("%s is shown %q, want %q", who, got, want)
				}
			}
		})
	}
}

// TestOwnerSeesWhoItIs compares the documents of two subscribers.
func TestOwnerSeesWhoItIs(t *testing.T) {
	conform.Covers(t, "PRV-04")
	s := newStage(t)
	s.do(conference.Connect{At: time.Now(), Endpoint: "ep-alice"})
	open, private := s.admit("bob", "ep-1"), s.admit("mallory", "ep-2")
	open.Contact, private.Contact = "sip:bob@192.0.2.7", "sip:mallory@192.0.2.66"
	private.Private = true
	for _, c := range []conference.Admit{open, private} {
		s.do(c)
		s.do(conference.Connect{At: time.Now(), Endpoint: c.Endpoint})
	}
	see := func(who string) []string {
		body, _ := s.as(who).Next(event.Pull{Full: true, Must: true})
		var seen []string
		for _, secret := range []string{"sip:bob@192.0.2.7", "sip:mallory@example.test", "192.0.2.66"} {
			if strings.Contains(string(body.Data), secret) {
				seen = append(seen, secret)
			}
		}
		return seen
	}
	if got := see("bob"); len(got) != 0 {
		t.Errorf("a participant sees %q", got)
	}
	if got := fmt.Sprint(see("alice")); got != "[sip:bob@192.0.2.7 sip:mallory@example.test]" {
		t.Errorf("the owner sees %s", got)
	}
	s.do(conference.Appoint{At: time.Now(), Identity: "sip:bob@example.test", Role: conference.RoleOwner})
	if got := see("alice"); len(got) != 0 {
		t.Errorf("who is the owner no more sees %q", got)
	}
}

// TestHandingOverGivesTheWhole: a subscriber whose view is another one from now
// on has nothing to build upon.
func TestHandingOverGivesTheWhole(t *testing.T) {
	s := newStage(t)
	s.do(conference.Connect{At: time.Now(), Endpoint: "ep-alice"})
	s.join("bob", "ep-bob")
	alice, bob := s.as("alice"), s.as("bob")
	s.next(alice, event.Pull{Full: true, Must: true})
	s.next(bob, event.Pull{Full: true, Must: true})
	s.do(conference.Appoint{At: time.Now(), Identity: "sip:bob@example.test", Role: conference.RoleOwner})
	for who, sub := range map[string]*subscriber{"alice": alice, "bob": bob} {
		d := s.next(sub, event.Pull{})
		if d.State != confinfo.Full || fmt.Sprint(d.Users.List[0].Roles, d.Users.List[1].Roles) != "[participant] [owner]" {
			t.Errorf("%s: state %v, users %+v", who, d.State, d.Users.List)
		}
	}
}

// TestSecretsRingNobodyElse: what somebody cannot see is no reason to tell him
// anything, nor to make him wait for what he can.
func TestSecretsRingNobodyElse(t *testing.T) {
	conform.Covers(t, "NOT-NFY-04")
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		s.board.service.cfg.MinInterval = 5 * time.Second
		s.do(conference.Connect{At: time.Now(), Endpoint: "ep-alice"})
		s.join("carol", "ep-carol")
		s.join("dave", "ep-dave")
		carol, dave := s.subscribe("carol"), s.subscribe("dave")
		dave.sub.fullOnly = true
		s.do(call("carol", true))
		s.board.Flush()
		synctest.Wait()
		if len(carol.body) != 1 || len(dave.body) != 0 {
			t.Fatalf("%d documents for the inviter, %d for who looks on", len(carol.body), len(dave.body))
		}
		s.do(conference.Connect{At: time.Now(), Endpoint: "ep-bob"})
		s.board.Flush()
		synctest.Wait()
		if len(carol.body) != 1 || len(dave.body) != 1 {
			t.Errorf("%d documents for the inviter, %d for who looks on", len(carol.body), len(dave.body))
		}
	})
}

func TestDescriptionChanges(t *testing.T) {
	conform.Covers(t, "NOT-NFY-03")
	s := newStage(t)
	s.do(conference.Connect{At: time.Now(), Endpoint: "ep-alice"})
	sub := s.as("alice")
	s.next(sub, event.Pull{Full: true, Must: true})
	subject := "Tuesday shift"
	s.do(conference.Change{At: time.Now(), Subject: &subject})
	d := s.next(sub, event.Pull{})
	if d.State != confinfo.Partial || d.Description == nil || d.Description.Subject != subject || d.Users != nil {
		t.Errorf("state %v, description %+v, users %+v", d.State, d.Description, d.Users)
	}
}

// TestLargeDocuments says less and less, as D-27 has it.
func TestLargeDocuments(t *testing.T) {
	conform.Covers(t, "NOT-NFY-09")
	s := newStage(t)
	s.do(conference.Connect{At: time.Now(), Endpoint: "ep-alice"})
	for i := range 1000 {
		s.join(fmt.Sprintf("user%d", i), fmt.Sprintf("ep-%d", i))
	}
	byStream, byUDP := s.as("user7"), s.as("user8")
	byUDP.udp = true

	body, _ := byStream.Next(event.Pull{Full: true, Must: true})
	d := document(t, body)
	if len(body.Data) > 250_000 || len(d.Users.List) != 1001 || d.Users.List[7].Roles != nil {
		t.Errorf("by a stream: %d octets, %d users", len(body.Data), len(d.Users.List))
	}
	body, _ = byUDP.Next(event.Pull{Full: true, Must: true})
	if n := len(document(t, body).Users.List); n != 1001 {
		t.Errorf("by UDP, which may switch to a stream: %d users", n)
	}
	body, ok := byUDP.Next(event.Pull{Full: true}) // it did not arrive
	if !ok {
		t.Fatal("nothing to tell after a NOTIFY that did not arrive")
	}
	d = document(t, body)
	if len(d.Users.List) != 1 || d.Users.List[0].Entity != "sip:user8@example.test" || d.ConferenceState.UserCount != 1001 {
		t.Errorf("by UDP alone: users %v, %+v", d.Users.List, d.ConferenceState)
	}

	s.join("late", "ep-late")
	d = s.next(byUDP, event.Pull{})
	if d.State != confinfo.Partial || d.Users != nil || d.ConferenceState.UserCount != 1002 {
		t.Errorf("change of another, by UDP alone: users %v, %+v", d.Users, d.ConferenceState)
	}
	d = s.next(byStream, event.Pull{})
	if len(d.Users.List) != 1 || d.Users.List[0].Roles != nil || d.Users.List[0].Endpoints[0].JoiningMethod != "" {
		t.Errorf("change of another, by a stream: users %+v", d.Users.List)
	}
	s.do(conference.SetMedia{At: time.Now(), Endpoint: "ep-8", Media: conference.Inactive})
	if d = s.next(byUDP, event.Pull{}); len(d.Users.List) != 1 || d.Users.List[0].Entity != "sip:user8@example.test" {
		t.Errorf("own change, by UDP alone: users %v", d.Users)
	}
}
