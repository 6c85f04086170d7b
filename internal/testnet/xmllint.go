package testnet

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
)

// Validate holds XML documents against the schema in a file, with xmllint. It
// skips the test where that is not installed.
func Validate(t *testing.T, schema string, documents ...[]byte) {
	t.Helper()
	lint, err := exec.LookPath("xmllint")
	if err != nil {
		t.Skip("xmllint (Debian package libxml2-utils) is not installed: documents are not validated")
	}
	dir := t.TempDir()
	args := []string{"--nonet", "--noout", "--schema", schema}
	for i, d := range documents {
		name := filepath.Join(dir, strconv.Itoa(i)+".xml")
		if err = os.WriteFile(name, d, 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, name)
	}
	out, err := exec.CommandContext(t.Context(), lint, args...).CombinedOutput() //nolint:gosec // the program just found
	if err != nil {
		if len(out) > 4000 {
			out = out[:4000]
		}
		t.Errorf("xmllint: %v\n%s", err, out)
	}
}
