package notify

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/confinfo"
	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/sip/event"
)

// A nickname is shown in the place of the display name, and goes in a partial
// document to those who merge them.
func TestNicknameIsShown(t *testing.T) {
	conform.Covers(t, "SW-NCK-01")
	synctest.Test(t, nicknameIsShown)
}

func nicknameIsShown(t *testing.T) {
	s := newStage(t)
	s.do(conference.Connect{At: time.Now(), Endpoint: "ep-alice"})
	sub := s.watch(false)
	shown := s.next(sub, event.Pull{Full: true, Must: true})
	for _, tt := range []struct{ nickname, display string }{{"The Owl", "The Owl"}, {"Cat", "Cat"}, {"", "alice"}} {
		s.do(conference.SetNickname{At: time.Now(), Endpoint: "ep-alice", Nickname: tt.nickname})
		var outcome confinfo.Outcome
		if shown, outcome = confinfo.Apply(shown, s.next(sub, event.Pull{})); outcome != confinfo.Applied {
			t.Fatalf("document not applied: %v", outcome)
		}
		u := shown.Users.List[0]
		if u.Nickname != tt.nickname || u.DisplayText != tt.display {
			t.Errorf("%q is shown as %q, %q", tt.nickname, u.Nickname, u.DisplayText)
		}
	}
}
