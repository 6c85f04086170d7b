package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Fault is one thing wrong with a configuration.
type Fault struct {
	File   string // or the name of the environment variable; "" if it was made by a program
	Line   int    // from 1
	Column int    // from 1, in characters
	Text   string // begins with the key, where there is one
}

// String gives the form FILE:LINE:COLUMN: text.
func (f Fault) String() string {
	if f.File == "" {
		return f.Text
	}
	return fmt.Sprintf("%s:%d:%d: %s", f.File, f.Line, f.Column, f.Text)
}

// Faults is the error of a configuration that cannot be used: everything wrong
// with it, in the order of files and lines.
type Faults []Fault //nolint:errname // a list of faults, which FaultErrors would not say better

// Error lists the faults, one a line.
func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.String()
	}
	return strings.Join(lines, "\n")
}

// err returns the faults in order as an error, nil if there are none.
func (fs Faults) err() error {
	if len(fs) == 0 {
		return nil
	}
	slices.SortStableFunc(fs, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Text, b.Text))
	})
	return fs
}
