package conform

import "testing"

// Covers records that the calling test shows the requirement rows ids. They stand
// as string literals in the call, or in the same test's table of cases, so that
// the page can be written without running the test; and the call stands in the
// test function itself. An identifier that is not in the catalogue fails the
// test. It is safe to call from several goroutines, once or repeatedly.
func Covers(tb testing.TB, ids ...string) {
	tb.Helper()
	if len(ids) == 0 {
		tb.Error("conform: no row named")
	}
	for _, id := range ids {
		if !Known(id) {
			tb.Errorf("conform: no row %q in the catalogue", id)
		}
	}
}
