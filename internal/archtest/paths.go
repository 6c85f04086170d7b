package archtest

import (
	"bufio"
	"bytes"
	"fmt"
	"go/token"
	"io/fs"
	"path"
	"regexp"
	"unicode/utf8"
)

// Paths checks that no text file names a folder that only exists on the machine
// of whoever wrote it: homes and work folders of people and of build machines.
func Paths(fsys fs.FS) ([]Fault, error) {
	machine := regexp.MustCompile(`(^|[^\w.])(/(home|root|Users|work)/\w|[A-Z]:\\Users\\)`)
	var faults []Fault
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path.Base(name) == ".git":
			return fs.SkipDir
		case !entry.Type().IsRegular() || name == ".git": // a worktree's .git is a file
			return nil
		}
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		if !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0 {
			return nil
		}
		lines := bufio.NewScanner(bytes.NewReader(text))
		lines.Buffer(nil, len(text)+1)
		for line := 1; lines.Scan(); line++ {
			if found := machine.Find(lines.Bytes()); found != nil {
				faults = append(faults, Fault{
					Position: token.Position{Filename: name, Line: line},
					Text:     fmt.Sprintf("names a folder of one machine: %q", found),
				})
			}
		}
		return lines.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("archtest: read tree: %w", err)
	}
	return faults, nil
}
