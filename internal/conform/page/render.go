package main

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/confab-chat/confab/internal/conform"
)

// preface stands above the tables.
const preface = `# Conformance

Written by ` + "`go generate ./internal/conform`" + ` from the calls of ` + "`conform.Covers`" + ` in the tests; a test fails
when this page is stale. A row counts as shown when at least one test names it beside an assertion
that would fail if the row were broken. Rows that no test names are **not yet shown**: that says
nothing about the code, only that nobody has proved it.

Strengths are those of RFC 2119 as the cited standards use them. A dagger (†) marks what the
standards leave open and this project has settled, with the number of the decision where it has one
(D-nn); OWN is a decision about the product, TOL tolerance towards deployed software, LATER what no
version does yet. Several strengths belong to the parts of a row in their order. Requirements are
summaries; comments in the code cite the standards' sections.

`

// clausePreface stands above the table of subclauses.
const clausePreface = `
## Clause 7 of 3GPP TS 24.247

What each subclause of the base text asks for stands in the rows and groups of its line, and is done
where the last column points. Subclauses that only name another one's procedure share its line's rows.

| subclause | | rows | shown | where |
| --- | --- | --- | ---: | --- |
`

// render writes the page; the same claims always give the same octets.
func render(claims map[string][]claim) []byte {
	var out bytes.Buffer
	out.WriteString(preface)
	groups := conform.Catalogue()
	totals(&out, groups, claims)
	subclauses(&out, groups, claims)
	for _, group := range groups {
		fmt.Fprintf(&out, "\n## %s: %s\n\n| row | strength | requirement | shown by |\n| --- | --- | --- | --- |\n", group.Prefix, group.Title)
		for _, row := range group.Rows {
			fmt.Fprintf(&out, "| %s | %s | %s | %s |\n", row.ID, row.Strength, row.Requirement, shownBy(claims[row.ID]))
		}
	}
	return out.Bytes()
}

// totals writes the table of sums.
func totals(out *bytes.Buffer, groups []conform.Group, claims map[string][]claim) {
	var rows, shown int
	var table strings.Builder
	for _, group := range groups {
		proved := proved(group.Rows, claims)
		rows, shown = rows+len(group.Rows), shown+proved
		fmt.Fprintf(&table, "| [%s](#%s) | %s | %d | %d | %d |\n",
			group.Prefix, anchor(group), group.Title, len(group.Rows), proved, len(group.Rows)-proved)
	}
	fmt.Fprintf(out, "**%d of %d rows are shown by tests; %d are not yet shown.**\n\n", shown, rows, rows-shown)
	out.WriteString("| group | | rows | shown | not yet |\n| --- | --- | ---: | ---: | ---: |\n")
	out.WriteString(table.String())
}

// proved counts the rows that a test shows.
func proved(rows []conform.Row, claims map[string][]claim) int {
	n := 0
	for _, row := range rows {
		if len(claims[row.ID]) > 0 {
			n++
		}
	}
	return n
}

// subclauses writes where each subclause of the base text is met.
func subclauses(out *bytes.Buffer, groups []conform.Group, claims map[string][]claim) {
	out.WriteString(clausePreface)
	for _, clause := range conform.Clauses() {
		links := make([]string, len(clause.Code))
		for i, path := range clause.Code {
			links[i] = fmt.Sprintf("[%s](../%s)", path, path)
		}
		fmt.Fprintf(out, "| %s | %s | %s | %d of %d | %s |\n", clause.Number, clause.Title, references(clause.Names, groups),
			proved(clause.Rows, claims), len(clause.Rows), strings.Join(links, "<br>"))
	}
}

// references links groups and rows to the chapters of the page.
func references(names []string, groups []conform.Group) string {
	links := make([]string, len(names))
	for i, name := range names {
		for _, group := range groups {
			if strings.HasPrefix(name+"-", group.Prefix+"-") {
				links[i] = fmt.Sprintf("[%s](#%s)", name, anchor(group))
			}
		}
	}
	return strings.Join(links, ", ")
}

// anchor is the fragment under which the heading of a group is found.
func anchor(group conform.Group) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-', r >= '0' && r <= '9', r >= 'a' && r <= 'z':
			return r
		}
		return -1
	}, strings.ToLower(group.Prefix+": "+group.Title))
}

// shownBy lists the tests of a row, each file once, as links from docs/.
func shownBy(claims []claim) string {
	if len(claims) == 0 {
		return "**not yet shown**"
	}
	var out strings.Builder
	for i, c := range claims {
		switch {
		case i == 0:
		case claims[i-1].file == c.file:
			out.WriteString(", ")
		default:
			out.WriteString("<br>")
		}
		fmt.Fprintf(&out, "`%s`", c.test)
		if i == len(claims)-1 || claims[i+1].file != c.file {
			fmt.Fprintf(&out, " in [%s](../%s)", c.file, c.file)
		}
	}
	return out.String()
}
