package confinfo

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
)

// validate holds documents against the schema of RFC 4575.
func validate(t *testing.T, documents ...[]byte) {
	t.Helper()
	lint, err := exec.LookPath("xmllint")
	if err != nil {
		t.Skip("xmllint (Debian package libxml2-utils) is not installed: documents are not validated")
	}
	dir := t.TempDir()
	args := []string{"--nonet", "--noout", "--schema", "testdata/conference-info.xsd"}
	for i, d := range documents {
		name := filepath.Join(dir, strconv.Itoa(i)+".xml")
		if err := os.WriteFile(name, d, 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, name)
	}
	if out, err := exec.CommandContext(t.Context(), lint, args...).CombinedOutput(); err != nil {
		if len(out) > 4000 {
			out = out[:4000]
		}
		t.Errorf("xmllint: %v\n%s", err, out)
	}
}
