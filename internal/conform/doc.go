// Package conform ties tests to the rows of the requirement catalogue. A test
// that shows a row calls Covers with the row's identifier beside an assertion
// that would fail if the row were broken; docs/conformance.md is written from
// those calls, so nothing in that page is claimed by hand.
package conform
