package conform

import "testing"

// Covers records that the calling test shows the requirement rows ids.
func Covers(tb testing.TB, ids ...string) {
	tb.Helper()
	if len(ids) == 0 {
		tb.Fatal("conform: no row named")
	}
}
