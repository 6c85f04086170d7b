package store_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/journal/local"
	"github.com/confab-chat/confab/internal/store"
)

// TestNobodyElseReads opens databases in a folder that everybody may look into,
// as that of a service often is.
func TestNobodyElseReads(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		db, err := store.Open(t.Context(), store.Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		appendTo(t, durable{local.Open(local.Limits{}, db), db}, created(func(*conference.Created) {}))
		files, err := filepath.Glob(filepath.Join(dir, "*"))
		if err != nil || len(files) == 0 {
			t.Fatal(files, err)
		}
		for _, file := range files {
			info, err := os.Stat(file)
			if err != nil {
				t.Fatal(err)
			}
			if info.Mode().Perm() != 0o600 {
				t.Errorf("%s has mode %v", filepath.Base(file), info.Mode())
			}
		}
		shut(t, db)
		// Of an earlier version, which left it to the umask.
		if err := os.Chmod(filepath.Join(dir, "confab.db"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
