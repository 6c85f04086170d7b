package filetransfer

import (
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxName      = 255    // octets of a name in a folder
	maxExtension = 32     // octets of what stands behind the last dot and is kept when a name is cut
	nameless     = "file" // the name of what has none
)

// SafeName makes a name that a peer has chosen fit for a folder of ours: the last
// element of a path of any system, in valid UTF-8, without what systems read a meaning
// into (control characters, <>:"|?*, marks that turn the direction of writing, a dot in
// front, dots and blanks at the end, names of Windows' devices), of 1 to 255 octets. A
// name that is safe stays as it is. RFC 5547 §10. [FT-06]
func SafeName(name string) string {
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	name = strings.Map(harmless, strings.ToValidUTF8(name, "_"))
	name = strings.TrimLeft(trimmed(name), ". ")
	if device(name) {
		name = "_" + name
	}
	if name = shortened(name, maxName); name == "" {
		return nameless
	}
	return name
}

// harmless replaces a character that has a meaning for some system.
func harmless(r rune) rune {
	switch {
	case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == '\u2028', r == '\u2029':
		return '_'
	case strings.ContainsRune(`<>:"|?*`, r):
		return '_'
	}
	return r
}

// trimmed is a name without what Windows drops from its end.
func trimmed(name string) string { return strings.TrimRight(name, ". ") }

// device reports whether Windows takes a name for that of a device, whatever the
// extension.
func device(name string) bool {
	stem, _, _ := strings.Cut(strings.ToUpper(name), ".")
	switch stem = strings.TrimRight(stem, " "); stem {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$":
		return true
	}
	port, isCOM := strings.CutPrefix(stem, "COM")
	if !isCOM {
		var isLPT bool
		if port, isLPT = strings.CutPrefix(stem, "LPT"); !isLPT {
			return false
		}
	}
	return utf8.RuneCountInString(port) == 1 && strings.ContainsAny(port, "0123456789¹²³")
}

// shortened cuts a name to so many octets, in front of the extension and never within a
// character.
func shortened(name string, octets int) string {
	if len(name) <= octets {
		return name
	}
	extension := path.Ext(name)
	if len(extension) > maxExtension {
		extension = ""
	}
	stem := strings.TrimSuffix(name, extension)
	n := octets - len(extension)
	for n > 0 && !utf8.RuneStart(stem[n]) {
		n--
	}
	return trimmed(trimmed(stem[:n]) + extension)
}

// numbered is the nth name to be tried: the name itself, then ones like "name (2).txt".
func numbered(name string, n int) string {
	if n <= 1 {
		return name
	}
	mark := " (" + strconv.Itoa(n) + ")"
	name = shortened(name, maxName-len(mark))
	extension := path.Ext(name)
	return strings.TrimSuffix(name, extension) + mark + extension
}

// fields returns the keys of parameters in a fixed order.
func fields(params map[string]string) []string {
	keys := make([]string, 0, len(params))
	for k := range params {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
