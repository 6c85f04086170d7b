package conference

import (
	"testing"
	"time"
)

func TestAnonymousUsersAreNumbered(t *testing.T) {
	t.Parallel()
	f := found(t, nil)
	private := func(id Identity, ep EndpointID) *Participant {
		t.Helper()
		events := f.must(t, Admit{
			At: epoch, Identity: id, Private: true, Endpoint: ep, Display: "Bob", AssociatedAORs: []string{"tel:+1"},
		})
		f.must(t, Connect{At: epoch, Endpoint: ep})
		return f.Participant(as[Admitted](t, events[0]).User)
	}
	bob := private("sip:bob@b.test", "bob1")
	if bob.User != "sip:anonymous1@anonymous.invalid" || bob.Display != "Anonymous 1" || bob.AssociatedAORs != nil {
		t.Errorf("bob is shown as %+v", bob)
	}
	if again := private("sip:bob@b.test", "bob2"); again != bob {
		t.Errorf("bob's second device is shown as %s", again.User)
	}
	if carol := private("sip:carol@b.test", "carol1"); carol.User != "sip:anonymous2@anonymous.invalid" {
		t.Errorf("carol is shown as %s", carol.User)
	}
	// Callers without identity are never the same user.
	first, second := private("", "x1"), private("", "x2")
	if first == second || first.User != "sip:anonymous3@anonymous.invalid" {
		t.Errorf("%s and %s", first.User, second.User)
	}
	// A number is not given to anybody else, nor to bob when he comes back later.
	f.must(t, Leave{At: epoch, Endpoint: "bob1"})
	f.must(t, Leave{At: epoch, Endpoint: "bob2"})
	if back := private("sip:bob@b.test", "bob3"); back.User != "sip:anonymous5@anonymous.invalid" {
		t.Errorf("bob is shown as %s when he is back", back.User)
	}
}

func TestLostAnonymousUserKeepsItsName(t *testing.T) {
	t.Parallel()
	for wait, want := range map[time.Duration]User{
		59 * time.Second: "sip:anonymous1@anonymous.invalid",
		60 * time.Second: "sip:anonymous2@anonymous.invalid",
	} {
		f := found(t, nil)
		f.must(t, Admit{At: epoch, Identity: "sip:bob@b.test", Private: true, Endpoint: "bob1"})
		f.must(t, Connect{At: epoch, Endpoint: "bob1"})
		f.must(t, Leave{At: epoch, Endpoint: "bob1", Cause: CauseLost})
		f.must(t, Admit{At: epoch, Identity: "sip:dave@b.test", Endpoint: "dave1"})
		f.must(t, Lock{At: at(wait), Locked: false})
		f.must(t, Leave{At: at(wait), Endpoint: "dave1"})
		f.must(t, Admit{At: at(wait), Identity: "sip:bob@b.test", Private: true, Endpoint: "bob2"})
		if got := f.Endpoint("bob2").Participant.User; got != want {
			t.Errorf("after %v: %s, want %s", wait, got, want)
		}
	}
}

func TestNobodyPassesForAnAnonymousUser(t *testing.T) {
	t.Parallel()
	f := found(t, nil)
	f.must(t, Admit{At: epoch, Identity: "sip:bob@b.test", Private: true, Endpoint: "bob1"})
	f.must(t, Admit{At: epoch, Identity: "sip:anonymous1@anonymous.invalid", Endpoint: "mallory1"})
	if u := f.Endpoint("mallory1").Participant.User; u != "sip:anonymous2@anonymous.invalid" {
		t.Errorf("mallory is shown as %s", u)
	}
}

func TestOpenAndPrivateDeviceAreTwoInTheRoster(t *testing.T) {
	t.Parallel()
	f := found(t, nil)
	f.must(t, Admit{At: epoch, Identity: "sip:alice@a.test", Private: true, Endpoint: "alice2"})
	hidden := f.Endpoint("alice2").Participant
	if hidden.User != "sip:anonymous1@anonymous.invalid" || hidden == f.Participant("sip:alice@a.test") {
		t.Errorf("alice's private device is shown as %s", hidden.User)
	}
	// An endpoint that is replaced hands on the name under which it was seen.
	f.must(t, Admit{At: epoch, Identity: "sip:alice@a.test", Endpoint: "alice3", Replaces: "alice2"})
	if got := f.Endpoint("alice3").Participant; got != hidden {
		t.Errorf("its successor is shown as %s", got.User)
	}
}

// TestAnonymousNumbersGoOn: where what was said outlives a conference, nobody is
// taken for the anonymous user of an earlier life.
func TestAnonymousNumbersGoOn(t *testing.T) {
	t.Parallel()
	for durable, want := range map[bool]User{false: "sip:anonymous1@anonymous.invalid", true: "sip:anonymous2@anonymous.invalid"} {
		f := found(t, func(c *Create) { c.Policy.History.Durable = durable })
		private := Admit{At: epoch, Identity: "sip:mallory@m.test", Private: true, Endpoint: "m1"}
		f.must(t, private)
		f.must(t, End{At: epoch})
		f.must(t, Create{At: epoch, ID: f.ID(), Policy: f.Policy(), First: Admit{At: epoch, Identity: "sip:trudy@t.test", Private: true, Endpoint: "t1"}})
		if got := f.Endpoint("t1").Participant.User; got != want {
			t.Errorf("durable %v: %s, want %s", durable, got, want)
		}
	}
}

// TestCalledUserWantsPrivacy gives him another name as he answers, and keeps it.
func TestCalledUserWantsPrivacy(t *testing.T) {
	t.Parallel()
	f := found(t, nil)
	f.must(t, bobCalled())
	events := f.must(t, Connect{At: epoch, Endpoint: "bob1", Private: true})
	if got := kinds(events); got != "masked connected" {
		t.Fatalf("events %s", got)
	}
	p := f.Endpoint("bob1").Participant
	if p.User != "sip:anonymous1@anonymous.invalid" || p.Identity != "sip:bob@b.test" || p.Display != "Anonymous 1" ||
		f.Participant(p.User) != p || f.Participant("sip:bob@b.test") != nil || f.UserCount() != 2 {
		t.Errorf("%+v", p)
	}
	again := bobCalled()
	again.Endpoint = "bob2"
	if events := f.must(t, again); len(events) > 0 {
		t.Errorf("%s while he is there", kinds(events))
	}
}
