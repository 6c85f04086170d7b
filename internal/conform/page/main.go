// Command page writes docs/conformance.md: every row of the requirement
// catalogue with the tests that show it. It reads the test sources and runs
// nothing; go generate ./internal/conform calls it.
package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// target is where the page stands below the root of the module.
const target = "docs/conformance.md"

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	root, err := moduleRoot()
	if err != nil {
		return err
	}
	text, err := page(os.DirFS(root))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(root, filepath.Dir(target)), 0o755); err != nil { //nolint:gosec // G301: a folder of the repository, readable like its neighbours
		return err
	}
	return os.WriteFile(filepath.Join(root, target), text, 0o644) //nolint:gosec // G306: likewise
}

// page makes the page of the module at the root of fsys.
func page(fsys fs.FS) ([]byte, error) {
	claims, faults := scan(fsys)
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return render(claims), nil
}

// moduleRoot finds the folder of go.mod at or above the working directory.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("page: no go.mod at or above the working directory")
		}
		dir = parent
	}
}
