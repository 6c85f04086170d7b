// Package conform ties tests to the rows of the requirement catalogue. A test
// that shows a row calls Covers with the row's identifier beside an assertion
// that would fail if the row were broken; the command in the folder page writes
// docs/conformance.md from those calls, so nothing there is claimed by hand.
//
// The catalogue itself is rows.tsv: what the standards that confab follows ask
// for, one requirement a row, with the identifiers that comments and tests cite.
package conform

//go:generate go run ./page
