package sdp

import (
	"testing"

	"github.com/confab-chat/confab/internal/conform"
)

func TestPrefer(t *testing.T) {
	for _, test := range []struct{ types, wrapped, want string }{
		{"message/cpim", "text/html *", "text/html"},
		{"message/cpim text/html *", "", "text/html"},
		{"message/cpim", "text/*", "text/markdown"},
		{"*", "", "text/markdown"},
		{"message/cpim", "text/plain", "text/plain"},
		{"message/cpim", "text/plain text/html", "text/html"},
		{"message/cpim", "image/png", ""},
		{"message/cpim", "text/* TEXT/PLAIN;charset=utf-8", "text/plain"},
	} {
		m := Message{AcceptTypes: ParseTypeList(test.types), AcceptWrappedTypes: ParseTypeList(test.wrapped)}
		got, ok := m.Prefer("text/markdown", "text/html", "text/plain")
		if got != test.want || ok != (test.want != "") {
			t.Errorf("%q, %q: %q, %v", test.types, test.wrapped, got, ok)
		}
	}
	conform.Covers(t, "MSRP-SND-13")
}
