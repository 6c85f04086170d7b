package conform

import (
	_ "embed"
	"strings"
)

// rows holds the catalogue. A line "# PREFIX<TAB>title" opens a group, any other
// is a row: identifier, strength and requirement, divided by tabs.
//
//go:embed rows.tsv
var rows string

// Row is one requirement of the catalogue.
type Row struct {
	ID string // such as MSRP-FRM-01: the prefix of its group and a number
	// Strength is how binding the row is and who says so: the keywords of RFC
	// 2119 where the cited text uses them; with a dagger where the texts leave
	// room and the level or value is ours; OWN for product decisions; TOL for
	// tolerance towards deployed software; LATER for what has no version yet.
	Strength    string
	Requirement string // one line
}

// Group is a chapter of the catalogue.
type Group struct {
	Prefix string // what the identifiers of its rows begin with
	Title  string
	Rows   []Row
}

// Catalogue returns every group with its rows, in the order of the catalogue.
func Catalogue() []Group {
	var groups []Group
	for line := range strings.Lines(rows) {
		line = strings.TrimSuffix(line, "\n")
		if heading, ok := strings.CutPrefix(line, "# "); ok {
			prefix, title, _ := strings.Cut(heading, "\t")
			groups = append(groups, Group{Prefix: prefix, Title: title})
			continue
		}
		id, rest, _ := strings.Cut(line, "\t")
		strength, requirement, _ := strings.Cut(rest, "\t")
		last := &groups[len(groups)-1]
		last.Rows = append(last.Rows, Row{ID: id, Strength: strength, Requirement: requirement})
	}
	return groups
}

// Known reports whether the catalogue has a row id.
func Known(id string) bool {
	return id != "" && !strings.ContainsAny(id, "\t\n# ") && strings.Contains(rows, "\n"+id+"\t")
}
