package conform

import "testing"

// Covers records that the calling test shows the requirement rows ids, each a
// string literal, so that the page can be written without running the test. An
// identifier that is not in the catalogue fails the test. It is safe to call
// from several goroutines and may stand anywhere in a test, once or repeatedly.
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
