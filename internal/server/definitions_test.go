package server

import (
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/config"
)

// TestReservedConferenceKeepsItsLimit has one that names the limit which the
// defaults have too, and one that names none (D-16).
func TestReservedConferenceKeepsItsLimit(t *testing.T) {
	cfg, err := config.Parse("c.yaml", []byte(`
conferences:
  - uri: sip:a@conf.localhost
    policy: {end: {max_duration: 24h}}
  - uri: sip:b@conf.localhost
`), nil)
	if err != nil {
		t.Fatal(err)
	}
	defs, err := definitions(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := defs[0].Policy.End.MaxDuration, defs[1].Policy.End.MaxDuration; a != 24*time.Hour || b != 0 {
		t.Errorf("limits %s and %s", a, b)
	}
}
