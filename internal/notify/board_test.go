package notify

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/confinfo"
	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/sip/event"
)

// stage is a conference whose events go to a board.
type stage struct {
	t     testing.TB
	state conference.State
	board *board
	at    conference.Position
}

func newStage(tb testing.TB) *stage {
	tb.Helper()
	s := &stage{t: tb}
	s.board = newBoard(New(Config{}), "sip:room@conf.example.test")
	tb.Cleanup(s.board.close)
	policy := conference.DefaultPolicy()
	policy.MaxUsers = 0
	s.do(conference.Create{
		At: time.Now(), ID: s.board.id, Origin: conference.FromFactory, Subject: "Monday shift",
		Policy: policy, First: s.admit("alice", "ep-alice"),
	})
	return s
}

func (s *stage) admit(user, endpoint string) conference.Admit {
	return conference.Admit{
		At: time.Now(), Identity: conference.Identity("sip:" + user + "@example.test"), Display: user,
		Endpoint: conference.EndpointID(endpoint),
	}
}

// do decides a command and applies what follows, which is nothing where it is
// refused.
func (s *stage) do(c conference.Command) {
	s.t.Helper()
	events, err := conference.Decide(&s.state, c)
	if err != nil {
		return
	}
	for _, e := range events {
		s.at++
		s.state.Apply(s.at, e)
		s.board.Applied(&s.state, s.at, e)
	}
}

func (s *stage) join(user, endpoint string) {
	s.t.Helper()
	s.do(s.admit(user, endpoint))
	s.do(conference.Connect{At: time.Now(), Endpoint: conference.EndpointID(endpoint)})
}

func (s *stage) leave(endpoint string, cause conference.Cause) {
	s.t.Helper()
	s.do(conference.Leave{At: time.Now(), Endpoint: conference.EndpointID(endpoint), Cause: cause, Reason: `SIP;cause=200;text="bye"`})
	s.board.part() // as nothing else was waiting
}

// watch adds a subscriber that is rung by nobody.
func (s *stage) watch(fullOnly bool) *subscriber {
	sub := &subscriber{board: s.board, fullOnly: fullOnly}
	s.board.add(sub, 0)
	return sub
}

// document reads the body of a NOTIFY.
func document(tb testing.TB, body event.Body) *confinfo.Document {
	tb.Helper()
	if body.ContentType != confinfo.MediaType {
		tb.Fatalf("content type %q", body.ContentType)
	}
	d, err := confinfo.Unmarshal(body.Data, confinfo.Limits{})
	if err != nil {
		tb.Fatalf("%v in\n%s", err, body.Data)
	}
	return d
}

func (s *stage) next(sub *subscriber, p event.Pull) *confinfo.Document {
	s.t.Helper()
	body, ok := sub.Next(p)
	if !ok {
		s.t.Fatal("nothing to tell")
	}
	return document(s.t, body)
}

func TestDocumentsOfOneSubscription(t *testing.T) {
	conform.Covers(t, "NOT-NFY-01", "NOT-NFY-03", "NOT-NFY-05", "FOC-JOI-02")
	synctest.Test(t, documentsOfOneSubscription)
}

func documentsOfOneSubscription(t *testing.T) {
	s := newStage(t)
	s.do(conference.Connect{At: time.Now(), Endpoint: "ep-alice"})
	sub := s.watch(false)

	first := s.next(sub, event.Pull{Full: true, Must: true})
	if first.State != confinfo.Full || first.Version != 1 || len(first.Users.List) != 1 {
		t.Fatalf("first document: state %v, version %d, users %v", first.State, first.Version, first.Users)
	}
	if first.Description.Subject != "Monday shift" || first.ConferenceState.UserCount != 1 {
		t.Errorf("description %+v, state %+v", first.Description, first.ConferenceState)
	}
	if _, ok := sub.Next(event.Pull{}); ok {
		t.Error("a NOTIFY without any change")
	}

	s.join("bob", "ep-bob")
	second := s.next(sub, event.Pull{})
	if second.State != confinfo.Partial || second.Version != 2 || len(second.Users.List) != 1 {
		t.Fatalf("second document: state %v, version %d, users %v", second.State, second.Version, second.Users)
	}
	bob := second.Users.List[0]
	if bob.Entity != "sip:bob@example.test" || bob.Endpoints[0].Status != confinfo.StatusConnected ||
		bob.Endpoints[0].JoiningMethod != confinfo.DialedIn {
		t.Errorf("bob: %+v", bob)
	}
	if second.ConferenceState.UserCount != 2 {
		t.Errorf("user-count %d", second.ConferenceState.UserCount)
	}

	s.leave("ep-bob", conference.CauseHungup)
	third := s.next(sub, event.Pull{})
	gone := third.Users.List[0].Endpoints[0]
	if third.Version != 3 || gone.Status != confinfo.StatusDisconnected || gone.DisconnectionMethod != confinfo.Departed {
		t.Errorf("version %d, endpoint %+v", third.Version, gone)
	}

	<-time.After(time.Minute)
	synctest.Wait()
	fourth := s.next(sub, event.Pull{})
	if u := fourth.Users.List[0]; fourth.Version != 4 || u.State != confinfo.Deleted {
		t.Errorf("version %d, user %+v", fourth.Version, u)
	}
	if full := s.next(sub, event.Pull{Full: true, Must: true}); full.State != confinfo.Full || full.Version != 5 {
		t.Errorf("refresh: state %v, version %d", full.State, full.Version)
	}
}

func TestContactsAreNobodysBusiness(t *testing.T) {
	conform.Covers(t, "PRV-02", "PRV-03")
	s := newStage(t)
	s.do(conference.Connect{At: time.Now(), Endpoint: "ep-alice"})
	private := s.admit("mallory", "ep-1")
	private.Private, private.Contact = true, "sip:mallory@192.0.2.66"
	private.AssociatedAORs = []string{"tel:+15550100"}
	s.do(private)
	s.do(conference.Connect{At: time.Now(), Endpoint: "ep-1"})
	sub := s.watch(false)
	body, _ := sub.Next(event.Pull{Full: true, Must: true})
	for _, secret := range []string{"mallory", "192.0.2.66", "5550100"} {
		if bytes.Contains(body.Data, []byte(secret)) {
			t.Errorf("%q shows in\n%s", secret, body.Data)
		}
	}
	d := document(t, body)
	if got := d.Users.List[1]; got.Entity != "sip:anonymous1@anonymous.invalid" || got.DisplayText != "Anonymous 1" {
		t.Errorf("anonymous user: %+v", got)
	}
	if got := d.Users.List[0].Entity; got != "sip:alice@example.test" {
		t.Errorf("alice is shown as %s", got)
	}
}

func TestSubscribersThatTakeEveryNotifyForTheWhole(t *testing.T) {
	conform.Covers(t, "NOT-NFY-11")
	s := newStage(t)
	s.do(conference.Connect{At: time.Now(), Endpoint: "ep-alice"})
	if !s.board.service.fullOnly("Blink Pro 5.0.0 (MacOSX)") || s.board.service.fullOnly("confab/1") {
		t.Error("the wrong User-Agents get full documents")
	}
	sub := s.watch(true)
	s.next(sub, event.Pull{Full: true, Must: true})
	s.join("bob", "ep-bob")
	d := s.next(sub, event.Pull{})
	if d.State != confinfo.Full || d.Version != 2 || len(d.Users.List) != 2 || d.Description == nil {
		t.Errorf("change: state %v, version %d, users %v", d.State, d.Version, d.Users)
	}
	s.join("bob", "ep-tablet")
	s.next(sub, event.Pull{})
	for left, endpoint := range []string{"ep-tablet", "ep-bob"} { // who has left is not there, while others see him linger
		s.do(conference.Leave{At: time.Now(), Endpoint: conference.EndpointID(endpoint)})
		d = s.next(sub, event.Pull{})
		if d.State != confinfo.Full || len(d.Users.List) != 2-left || left == 0 && len(d.Users.List[1].Endpoints) != 1 {
			t.Errorf("%s has left: users %+v", endpoint, d.Users)
		}
	}
	if others := s.next(s.watch(false), event.Pull{Full: true, Must: true}); len(others.Users.List) != 2 {
		t.Errorf("others see %+v", others.Users)
	}
	if body, ok := sub.Next(event.Pull{Final: true, Must: true, Reason: event.NoResource}); ok {
		t.Errorf("final NOTIFY has a body:\n%s", body.Data)
	}
}

func TestFinalDocuments(t *testing.T) {
	conform.Covers(t, "NOT-END-01", "NOT-END-02", "NOT-END-03")
	s := newStage(t)
	s.do(conference.Connect{At: time.Now(), Endpoint: "ep-alice"})
	sub := s.watch(false)
	s.next(sub, event.Pull{Full: true, Must: true})
	if _, ok := sub.Next(event.Pull{Final: true, Must: true, Reason: event.Rejected}); ok {
		t.Error("who left is told of the conference")
	}
	d := s.next(sub, event.Pull{Final: true, Must: true, Reason: event.NoResource})
	if d.State != confinfo.Deleted || d.Version != 2 || d.Users != nil {
		t.Errorf("end: state %v, version %d, users %v", d.State, d.Version, d.Users)
	}
}
