package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/config"
)

// The files that the operators' guide shows are accepted as they stand, but for where
// certificates lie.
func TestDocumentedConfigurations(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "operators.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "```yaml\n")
	for n := 1; found; n++ {
		var file string
		file, rest, _ = strings.Cut(rest, "```")
		if _, err := config.Parse(fmt.Sprintf("operators.md, file %d", n), []byte(file), environment("ALICE_PASSWORD=secret")); err != nil {
			t.Errorf("%v\nin\n%s", err, file)
		}
		_, rest, found = strings.Cut(rest, "```yaml\n")
		if !found && n < 4 {
			t.Errorf("the guide has %d files only", n)
		}
	}
}
