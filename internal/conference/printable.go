package conference

import (
	"strings"
	"unicode"
)

// Printable returns a text of somebody else's making, such as a display name or
// a subject, as it may be shown to everybody: without control characters, at
// most that many characters long, valid UTF-8. It is a copy, so it keeps no
// message in memory.
func Printable(text string, most int) string {
	var b strings.Builder
	for _, r := range text {
		if most--; most < 0 {
			break
		}
		if unicode.IsControl(r) {
			r = ' '
		}
		b.WriteRune(r)
	}
	return strings.TrimSpace(b.String())
}
