package server

import (
	"testing"

	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/mixer"
)

// TestQuirksAreKnown: every quirk that the mixer has can be named in the
// configuration, and no other.
func TestQuirksAreKnown(t *testing.T) {
	t.Parallel()
	for _, name := range append(mixer.QuirkNames(), "nonsense") {
		_, err := config.Parse("x.yaml", []byte("mixer: {quirks: [{agent: x, set: ["+name+"]}]}\n"), nil)
		if (err != nil) != (name == "nonsense") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
