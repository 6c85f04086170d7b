package conference_test

import (
	"testing"

	"github.com/confab-chat/confab/internal/conference"
)

func TestPrintable(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"", ""},
		{"Zoë Grün", "Zoë Grün"},
		{"a\x1b[2Jb\tc\x7f", "a [2Jb c"},
		{"0123456789abcdef", "0123456789"},
		{"grüezi mitenand", "grüezi mit"},
		{"bad \xff octet", "bad \uFFFD octe"},
	} {
		if got := conference.Printable(test.text, 10); got != test.want {
			t.Errorf("%q: %q, want %q", test.text, got, test.want)
		}
	}
}
