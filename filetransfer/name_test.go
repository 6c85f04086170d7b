package filetransfer

import (
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/confab-chat/confab/internal/conform"
)

func TestSafeName(t *testing.T) {
	conform.Covers(t, "FT-06")
	for name, want := range map[string]string{
		"plan.pdf": "plan.pdf", "Grüße an Zoë.txt": "Grüße an Zoë.txt", "a b (2).tar.gz": "a b (2).tar.gz",
		"": "file", ".": "file", "..": "file", "/": "file", `\`: "file", " . ": "file",
		"../../x": "x", `..\..\x`: "x", "/etc/passwd": "passwd", `C:\autoexec.bat`: "autoexec.bat", "a/../.b": "b",
		".bashrc": "bashrc", "...hidden": "hidden", " . x": "x", "x. . ": "x",
		"a:b": "a_b", `<a>"b"|c?*`: "_a__b__c__", "a\x00b\nc\x7f": "a_b_c_", "txt.\u202egnp": "txt._gnp", "a\xffb": "a_b",
		"con": "_con", "NUL.txt": "_NUL.txt", "COM1": "_COM1", "com¹.x": "_com¹.x", "LPT9.": "_LPT9", "com": "com", "COM10": "COM10", "conf": "conf",
		strings.Repeat("a", 300) + ".txt":                     strings.Repeat("a", 251) + ".txt",
		strings.Repeat("ä", 200):                              strings.Repeat("ä", 127),
		"x" + strings.Repeat("ä", 200) + ".ö":                 "x" + strings.Repeat("ä", 125) + ".ö",
		"a." + strings.Repeat("b", 300):                       "a." + strings.Repeat("b", 253),
		strings.Repeat("a", 250) + ". . . . ." + "b" + ".txt": strings.Repeat("a", 250) + ".txt",
	} {
		if got := SafeName(name); got != want {
			t.Errorf("%q becomes %q, want %q", name, got, want)
		}
	}
}

func TestNumbered(t *testing.T) {
	long := strings.Repeat("a", 251) + ".txt"
	for _, tt := range []struct {
		name string
		n    int
		want string
	}{
		{"a.txt", 1, "a.txt"}, {"a.txt", 2, "a (2).txt"}, {"a", 1000, "a (1000)"}, {long, 2, long[:247] + " (2).txt"},
	} {
		if got := numbered(tt.name, tt.n); got != tt.want {
			t.Errorf("%d of %s: %s", tt.n, tt.name, got)
		}
	}
}

// FuzzSafeName: whatever the name, it names a file in the folder and nothing else.
func FuzzSafeName(f *testing.F) {
	for _, name := range []string{"", "../x", `a\b`, "con.txt", strings.Repeat("ä", 300) + ".tar", "a\u202eb", ". .", "\xff"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		for _, got := range []string{SafeName(name), numbered(SafeName(name), 17)} {
			bad := strings.ContainsFunc(got, func(r rune) bool {
				return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || strings.ContainsRune(`/\<>:"|?*`, r)
			})
			if bad || got == "" || len(got) > 255 || !utf8.ValidString(got) || got[0] == '.' || device(got) ||
				strings.HasSuffix(got, ".") || strings.HasSuffix(got, " ") || !filepath.IsLocal(got) {
				t.Errorf("%q becomes %q", name, got)
			}
		}
		if safe := SafeName(name); SafeName(safe) != safe {
			t.Errorf("%q becomes %q, and then %q", name, safe, SafeName(safe))
		}
	})
}
