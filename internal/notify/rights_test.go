package notify

import (
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/sip/event"
)

// outside adds a subscriber who is not in the conference, and watches it by his role.
func (s *stage) outside(user string) *bell {
	s.t.Helper()
	b := s.subscribe(user)
	b.sub.user = ""
	if _, ok := watcher(&s.state, b.sub.identity); !ok {
		s.t.Fatalf("%s may not watch", user)
	}
	return b
}

func (s *stage) appoint(user string, role conference.Role) {
	s.do(conference.Appoint{At: time.Now(), Identity: conference.Identity("sip:" + user + "@example.test"), Role: role})
}

// TestRightToWatchIsLost: a moderator who watches from outside is one no longer, or is
// barred; an owner hands the conference over.
func TestRightToWatchIsLost(t *testing.T) {
	conform.Covers(t, "NOT-END-03", "NOT-SUB-08")
	for name, take := range map[string]func(s *stage){
		"demoted": func(s *stage) { s.appoint("carol", conference.RoleParticipant) },
		"barred":  func(s *stage) { s.do(conference.Bar{At: time.Now(), Identity: "sip:carol@example.test"}) },
		"removed": func(s *stage) {
			s.join("carol", "ep-carol")
			s.do(conference.Remove{At: time.Now(), User: "sip:carol@example.test", By: "sip:alice@example.test", Bar: true})
		},
		"owner no more": func(s *stage) {
			s.appoint("carol", conference.RoleOwner)
			s.appoint("dave", conference.RoleOwner)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t)
				s.do(conference.Connect{At: time.Now(), Endpoint: "ep-alice"})
				s.appoint("carol", conference.RoleModerator)
				s.appoint("erin", conference.RoleModerator)
				alice, carol, erin := s.subscribe("alice"), s.outside("carol"), s.outside("erin")
				take(s)
				if carol.end != event.Rejected || alice.end != "" || erin.end != "" {
					t.Errorf("carol %q, alice %q, erin %q", carol.end, alice.end, erin.end)
				}
			})
		})
	}
}

// TestOneOfTwoNamesLeaves: who is in the conference openly and anonymously goes on
// watching while one of the two is there.
func TestOneOfTwoNamesLeaves(t *testing.T) {
	conform.Covers(t, "NOT-SUB-14", "FOC-LVE-03")
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		s.do(conference.Connect{At: time.Now(), Endpoint: "ep-alice"})
		s.join("bob", "ep-1")
		hidden := s.admit("bob", "ep-2")
		hidden.Private = true
		s.do(hidden)
		s.do(conference.Connect{At: time.Now(), Endpoint: "ep-2"})
		bob := s.subscribe("bob")
		s.leave("ep-1", conference.CauseHungup)
		if bob.end != "" {
			t.Fatalf("ended %q with a device left", bob.end)
		}
		s.leave("ep-2", conference.CauseHungup)
		if bob.end != event.Rejected {
			t.Errorf("ended %q", bob.end)
		}
	})
}

// TestFetchOfOwner: what is fetched once is in the eyes of who fetches it, too.
func TestFetchOfOwner(t *testing.T) {
	conform.Covers(t, "PRV-04", "NOT-SUB-06")
	s := newStage(t)
	s.do(conference.Connect{At: time.Now(), Endpoint: "ep-alice"})
	private := s.admit("mallory", "ep-2")
	private.Private = true
	s.do(private)
	s.do(conference.Connect{At: time.Now(), Endpoint: "ep-2"})
	s.join("dave", "ep-dave")
	for who, want := range map[string]string{"alice": "sip:mallory@example.test", "dave": ""} {
		identity := conference.Identity("sip:" + who + "@example.test")
		sub := &subscriber{board: s.board, identity: identity, user: conference.User(identity)}
		d := s.next(sub, event.Pull{Must: true, Full: true, Final: true, Reason: event.Timeout})
		got := ""
		for _, u := range d.Users.List {
			if u.Entity == "sip:anonymous1@anonymous.invalid" && len(u.AssociatedAORs) > 0 {
				got = u.AssociatedAORs[0].URI
			}
		}
		if got != want {
			t.Errorf("%s is shown %q behind the anonymous user, want %q", who, got, want)
		}
	}
}

// TestLastVersion: where numbers end the subscription does; its successor begins anew.
func TestLastVersion(t *testing.T) {
	conform.Covers(t, "NOT-NFY-05")
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		s.do(conference.Connect{At: time.Now(), Endpoint: "ep-alice"})
		alice := s.subscribe("alice")
		alice.sub.version = math.MaxUint32 - 2
		s.join("bob", "ep-1")
		if d := s.next(alice.sub, event.Pull{}); d.Version != math.MaxUint32-1 || alice.end != "" {
			t.Errorf("version %d, ended %q", d.Version, alice.end)
		}
		s.join("carol", "ep-2")
		if d := s.next(alice.sub, event.Pull{}); d.Version != math.MaxUint32 || alice.end != event.Deactivated {
			t.Errorf("version %d, ended %q", d.Version, alice.end)
		}
		if _, ok := alice.sub.Next(event.Pull{Must: true, Final: true, Reason: event.Deactivated}); ok {
			t.Error("one more document")
		}
	})
}
