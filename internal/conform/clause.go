package conform

import (
	_ "embed"
	"slices"
	"strings"
)

// clauses holds the index of the base text: a line is a subclause, its title,
// the groups and rows of the catalogue made of it, and the files and folders of
// this repository that implement it, divided by tabs and the lists by blanks. The
// first line is a comment.
//
//go:embed clauses.tsv
var clauses string

// Clause is a subclause of 3GPP TS 24.247.
type Clause struct {
	Number string   // such as 7.3.2.3.1
	Title  string   // what it asks for
	Names  []string // groups and rows of the catalogue that came of it
	Rows   []Row    // all of them, in the catalogue's order
	Code   []string // slash-separated paths from the root of the module
}

// Clauses returns the subclauses of the base text in their order.
func Clauses() []Clause {
	groups := Catalogue()
	var index []Clause
	for line := range strings.Lines(clauses) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		number, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		title, rest, _ := strings.Cut(rest, "\t")
		names, code, _ := strings.Cut(rest, "\t")
		index = append(index, Clause{
			Number: number, Title: title,
			Names: strings.Fields(names), Rows: rowsNamed(groups, strings.Fields(names)),
			Code: strings.Fields(code),
		})
	}
	return index
}

// rowsNamed returns the rows that are named, and those of the groups that are.
func rowsNamed(groups []Group, names []string) []Row {
	var rows []Row
	for _, group := range groups {
		whole := slices.Contains(names, group.Prefix)
		for _, row := range group.Rows {
			if whole || slices.Contains(names, row.ID) {
				rows = append(rows, row)
			}
		}
	}
	return rows
}
