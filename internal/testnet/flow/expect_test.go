package flow

import (
	"maps"
	"testing"

	"github.com/confab-chat/confab/sip/sipmsg"
)

// What does not fit is not taken for what does, and nothing is learned from it.
func TestWords(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text, got string
		fits      bool
		learned   words
	}{
		{"a {x} c", "a b c", true, words{"x": "b"}},
		{"a {x} c", "a b d", false, nil},
		{"{x}-{y}-{x}", "1-2-1", true, words{"x": "1", "y": "2"}},
		{"{x}-{y}-{x}", "1-2-3", false, nil},
		{"{known}", "other", false, nil},
		{"a{*}", "ab c", true, nil},
		{"a.c", "abc", false, nil},
	} {
		w := words{"known": "value"}
		want := maps.Clone(w)
		maps.Copy(want, tt.learned)
		if fits := w.fits(tt.text, tt.got); fits != tt.fits || !maps.Equal(w, want) {
			t.Errorf("%q, %q: %v, %v", tt.text, tt.got, fits, w)
		}
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	var h sipmsg.Header
	h.Add("Supported", "timer, replaces")
	h.Add("Subject", "lunch")
	for _, tt := range []struct {
		line string
		fits bool
	}{
		{"Supported: replaces", true},
		{"Supported: replaces, timer", true},
		{"Supported: replaces, 100rel", false},
		{"Subject: lunch", true},
		{"Subject: ", false},
		{"no Require", true},
		{"no Subject", false},
		{"no subject", false},
		{"Subject", false},
	} {
		if err := headers([]string{tt.line}, &h, words{}); (err == nil) != tt.fits {
			t.Errorf("%q: %v", tt.line, err)
		}
	}
}
