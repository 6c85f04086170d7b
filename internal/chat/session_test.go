package chat

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

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

// TestRetryAfter: attempts to come back become rare, and are spread.
func TestRetryAfter(t *testing.T) {
	t.Parallel()
	least := func(time.Duration) time.Duration { return 0 }
	most := func(n time.Duration) time.Duration { return n - 1 }
	for failed, want := range map[int]time.Duration{
		0: time.Second, 1: 2 * time.Second, 5: 32 * time.Second, 6: time.Minute, 1000: time.Minute,
	} {
		if got := retryAfter(failed, least); got != want/2 {
			t.Errorf("after %d: at least %v", failed, got)
		}
		if got := retryAfter(failed, most); got != want-1 {
			t.Errorf("after %d: at most %v", failed, got)
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
