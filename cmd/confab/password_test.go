package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPassword(t *testing.T) {
	t.Setenv("CONFAB_PASSWORD", "from the environment")
	if got, err := (&chatFlags{}).password(); got != "from the environment" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	for text, want := range map[string]string{
		"secret": "secret", "secret\n": "secret", " a b \r\nmore\n": " a b ",
		"": "", "\n": "", strings.Repeat("x", maxPassword+1): "",
	} {
		name := filepath.Join(t.TempDir(), "password")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := (&chatFlags{passwordFile: name}).password()
		if got != want || (err != nil) != (want == "") {
			t.Errorf("%.20q: %q, %v", text, got, err)
		}
	}
}
