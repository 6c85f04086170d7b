package server

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/store"
)

// TestStoreCannotBeUsed: a server that was told where to keep things does not
// start without; the local profile goes on in memory, unless what it finds there
// would be lost from sight.
func TestStoreCannotBeUsed(t *testing.T) {
	t.Parallel()
	taken := t.TempDir()
	serve(t, func(c *config.Config) { c.Store.Path = taken })
	file := filepath.Join(t.TempDir(), "file")
	damaged := t.TempDir()
	for _, name := range []string{file, filepath.Join(damaged, "confab.db")} {
		if err := os.WriteFile(name, make([]byte, 9000), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name, path string
		required   bool
		starts     bool
		err        error
	}{
		{"in use", taken, true, false, store.ErrInUse},
		{"in use, local profile", taken, false, true, nil},
		{"no folder", file, true, false, nil},
		{"no folder, local profile", file, false, true, nil},
		{"damaged", damaged, true, false, store.ErrCorrupt},
		{"damaged, local profile", damaged, false, false, store.ErrCorrupt},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cfg := config.LocalProfile()
			cfg.Store.Path, cfg.Store.Required = tt.path, tt.required
			s, err := New(cfg, slog.New(slog.DiscardHandler))
			if (err == nil) != tt.starts || tt.err != nil && !errors.Is(err, tt.err) {
				t.Errorf("error %v", err)
			}
			if s != nil {
				_ = s.close(t.Context())
			}
		})
	}
}
