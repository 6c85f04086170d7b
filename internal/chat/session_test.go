package chat

import (
	"errors"
	"io"
	"testing"

	"github.com/confab-chat/confab/participant"
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
