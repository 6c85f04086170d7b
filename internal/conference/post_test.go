package conference

import (
	"fmt"
	"testing"
	"time"
)

func message(d time.Duration, user User, ep EndpointID, id string) Post {
	return Post{Message: &Message{At: at(d), User: user, Endpoint: ep, SenderID: id}}
}

func TestPostRefusals(t *testing.T) {
	t.Parallel()
	f := found(t, nil)
	f.must(t, Admit{At: epoch, Identity: "sip:bob@b.test", Endpoint: "bob1"})
	f.refused(t, message(0, "sip:bob@b.test", "bob1", "1"), CodeNotConnected)
	f.refused(t, message(0, "sip:bob@b.test", "bob2", "1"), CodeNoSuchEndpoint)
	f.refused(t, message(0, "sip:bob@b.test", "alice1", "1"), CodeNotAllowed)
	for direction, sends := range map[Direction]bool{
		SendRecv: true, SendOnly: true, RecvOnly: false, Inactive: false, NoStream: false,
	} {
		f.must(t, SetMedia{At: epoch, Endpoint: "alice1", Media: direction})
		p := message(0, "sip:alice@a.test", "alice1", direction.String())
		if sends {
			f.must(t, p)
		} else {
			f.refused(t, p, CodeNotConnected)
		}
	}
	f.must(t, message(0, "", "", "")) // the conference itself
	f.must(t, End{At: epoch})
	f.refused(t, message(0, "", "", ""), CodeNotAlive)
}

func TestPostedIsTheMessageThatWasPosted(t *testing.T) {
	t.Parallel()
	f := found(t, nil)
	p := message(0, "sip:alice@a.test", "alice1", "1")
	events := f.must(t, p)
	if len(events) != 1 || as[Posted](t, events[0]).Message != p.Message {
		t.Errorf("posted %v", events)
	}
}

// TestPostedUnderANickname: a message keeps the name under which it was said.
func TestPostedUnderANickname(t *testing.T) {
	t.Parallel()
	f := found(t, nil)
	said := func(id, forged string) string {
		t.Helper()
		p := message(0, "sip:alice@a.test", "alice1", id)
		p.Message.Nickname = forged
		events := f.must(t, p)
		if p.Message.Nickname != forged {
			t.Error("the command has been changed")
		}
		return as[Posted](t, events[0]).Message.Nickname
	}
	if got := said("1", "Owl"); got != "" {
		t.Errorf("%q before she has one", got)
	}
	f.must(t, SetNickname{At: epoch, Endpoint: "alice1", Nickname: "Cat"})
	if got := said("2", ""); got != "Cat" {
		t.Errorf("%q", got)
	}
	f.must(t, SetNickname{At: epoch, Endpoint: "alice1"})
	if got := said("3", "Cat"); got != "" {
		t.Errorf("%q when she has given it up", got)
	}
}

func TestRepeatedMessageIsPostedOnce(t *testing.T) {
	t.Parallel()
	f := found(t, nil)
	f.join(t, epoch, "sip:bob@b.test", "bob1")
	posts := func(d time.Duration, user User, ep EndpointID, id string) bool {
		t.Helper()
		return len(f.must(t, message(d, user, ep, id))) > 0
	}
	alice, bob := User("sip:alice@a.test"), User("sip:bob@b.test")
	if !posts(0, alice, "alice1", "id") || posts(time.Second, alice, "alice1", "id") {
		t.Error("repetition is not known")
	}
	if !posts(0, bob, "bob1", "id") {
		t.Error("another user's id is taken for a repetition")
	}
	for range 2 {
		if !posts(0, alice, "alice1", "") {
			t.Error("messages without id are taken for repetitions")
		}
	}
	// The id outlives the session that it came by.
	f.join(t, epoch, "sip:alice@a.test", "alice2")
	f.must(t, Leave{At: epoch, Endpoint: "alice1"})
	if posts(9*time.Minute, alice, "alice2", "id") {
		t.Error("repetition on another session is not known")
	}
	f.must(t, Leave{At: at(9 * time.Minute), Endpoint: "alice2"})
	f.join(t, at(9*time.Minute), "sip:alice@a.test", "alice3")
	if posts(10*time.Minute-1, alice, "alice3", "id") {
		t.Error("repetition by a user who came back is not known")
	}
	if !posts(10*time.Minute, alice, "alice3", "id") {
		t.Error("id is remembered for more than ten minutes")
	}
}

func TestRememberedIDsAreBounded(t *testing.T) {
	t.Parallel()
	f := found(t, nil)
	f.join(t, epoch, "sip:bob@b.test", "bob1")
	f.must(t, message(0, "sip:bob@b.test", "bob1", "bob"))
	for n := range 3 * recentCount {
		f.must(t, message(0, "sip:alice@a.test", "alice1", fmt.Sprint(n)))
	}
	sent := f.recent.users["sip:alice@a.test"]
	if len(sent.at) != recentCount || len(sent.order) != recentCount {
		t.Errorf("%d and %d ids remembered", len(sent.at), len(sent.order))
	}
	for _, n := range []int{2 * recentCount, 3*recentCount - 1, 2*recentCount - 1} {
		known := n >= 2*recentCount
		events := f.must(t, message(0, "sip:alice@a.test", "alice1", fmt.Sprint(n)))
		if known != (len(events) == 0) {
			t.Errorf("id %d: known is %v", n, !known)
		}
	}
	if f.must(t, message(0, "sip:bob@b.test", "bob1", "bob")) != nil {
		t.Error("alice's ids pushed out bob's")
	}
	f.must(t, message(recentFor, "sip:alice@a.test", "alice1", "late"))
	if len(f.recent.users) != 1 || f.recent.first != f.recent.last {
		t.Error("a user not heard for long is still remembered")
	}
}

func TestLostLegIsShownInactive(t *testing.T) {
	t.Parallel()
	f := found(t, nil)
	ep := f.Endpoint("alice1")
	f.must(t, LoseLeg{At: epoch, Endpoint: "alice1"})
	if ep.Status() != StatusConnected || ep.MediaStatus() != Inactive || f.UserCount() != 1 {
		t.Errorf("status %v, media %v", ep.Status(), ep.MediaStatus())
	}
	if got := kinds(f.must(t, LoseLeg{At: at(time.Second), Endpoint: "alice1"})); got != "" {
		t.Errorf("lost twice: %s", got)
	}
	f.must(t, RestoreLeg{At: at(2 * time.Second), Endpoint: "alice1"})
	if got := kinds(f.must(t, RestoreLeg{At: at(2 * time.Second), Endpoint: "alice1"})); got != "" {
		t.Errorf("back twice: %s", got)
	}
	if ep.MediaStatus() != SendRecv || f.pass(t, at(time.Hour)) != nil {
		t.Error("still waited for")
	}
	f.must(t, SetMedia{At: epoch, Endpoint: "alice1", Media: Inactive})
	if ep.Status() != StatusOnHold {
		t.Errorf("status %v while on hold", ep.Status())
	}
	f.must(t, LoseLeg{At: at(time.Hour), Endpoint: "alice1"})
	gone := as[Departed](t, f.pass(t, at(time.Hour+time.Minute))[0])
	if gone.Cause != CauseLost || gone.Cause.DisconnectionMethod() != "failed" || gone.Was != StatusConnected {
		t.Errorf("departed %+v", gone)
	}
}
