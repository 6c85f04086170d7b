package imdn_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/imdn"
)

// FuzzNotification asserts that what is read can be written, if it has a date, and is
// read the same.
func FuzzNotification(f *testing.F) {
	for _, s := range []string{deliveryExample, displayExample, document(delivered), "<!DOCTYPE x>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := imdn.Parse([]byte(s))
		if err != nil || n.DateTime == "" {
			return
		}
		b, err := n.Append(nil)
		if err != nil {
			t.Fatalf("%+v: %v", n, err)
		}
		again, err := imdn.Parse(b)
		if len(b) <= 16<<10 && (err != nil || again != n) {
			t.Fatalf("%v\n%s", err, cmp.Diff(n, again))
		}
	})
}

// FuzzComposing asserts that what is read can be written and is read the same.
func FuzzComposing(f *testing.F) {
	for _, s := range []string{activeExample, idleExample, "<isComposing/>", "<!DOCTYPE x>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := imdn.ParseComposing([]byte(s))
		if err != nil {
			return
		}
		b := c.Append(nil)
		again, err := imdn.ParseComposing(b)
		c.LastActive = c.LastActive.Truncate(1e9)
		if len(b) <= 16<<10 && (err != nil || !cmp.Equal(c, again)) {
			t.Fatalf("%v\n%s", err, cmp.Diff(c, again))
		}
	})
}
