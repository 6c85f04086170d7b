package chat

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/confab-chat/confab/participant"
	"github.com/confab-chat/confab/sip/locate"
)

// TestOutcome shows that only a failure that ends a conference fails the command.
func TestOutcome(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		left participant.Left
		want error
	}{
		"left by oneself":    {participant.Left{Reason: "left"}, nil},
		"ended by the focus": {participant.Left{Reason: "Conference ended", ByFocus: true}, nil},
		"connection lost":    {participant.Left{Reason: "lost", Err: io.ErrUnexpectedEOF}, ErrFailed},
	} {
		s := &session{out: (&Config{Out: io.Discard, Err: io.Discard}).printer()}
		s.event(tt.left)
		if got := s.outcome(); !errors.Is(got, tt.want) {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestNoServerFound: who named none is told how to.
func TestNoServerFound(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("next hop: %w: conf.example.test", locate.ErrNotFound)
	for server, want := range map[string]bool{"": true, "conf.example.test:5060": false} {
		if p := (&Config{Server: server}).advised(err); strings.Contains(p.Reason, "--server") != want {
			t.Errorf("%q: %s", server, p.Reason)
		}
	}
}
