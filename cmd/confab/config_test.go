package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestUnknownVariable warns of what looks like the name of a key.
func TestUnknownVariable(t *testing.T) {
	t.Setenv("CONFAB_SIP_LISTN", "udp://127.0.0.1:5060")
	file := filepath.Join(t.TempDir(), "confab.yaml")
	if err := os.WriteFile(file, []byte("domain: conf.example.test\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errors bytes.Buffer
	status := run(t.Context(), []string{"config", "check", file}, &out, &errors)
	if status != exitDone || out.Len() > 0 || !strings.Contains(errors.String(), "CONFAB_SIP_LISTN") {
		t.Errorf("%d\n%s\n%s", status, &out, &errors)
	}
}
