package demo_test

import (
	"bytes"
	"log/slog"
	"testing"

	"github.com/confab-chat/confab/internal/demo"
)

// TestRun is the demo itself: it fails when somebody does not see what he should.
func TestRun(t *testing.T) {
	var out bytes.Buffer
	err := demo.Run(t.Context(), demo.Config{Out: &out, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	for _, line := range []string{
		"Carol    reads Alice: Good morning, is the draft ready?",
		"Carol    reads Bob, in private: Between us: not even begun.",
		"Alice  is told: 603 Decline",
		"Carol  would be the owl, and is refused: 425, it is his",
		"Carol  is out: Removed from conference",
		"Bob    finds that the conference is over: 404 Not Found",
	} {
		if !bytes.Contains(out.Bytes(), []byte(line)) {
			t.Errorf("the demo does not say %q:\n%s", line, out.String())
		}
	}
}
