package confinfo

import (
	"strconv"
	"time"
	"unicode/utf8"
)

// writer appends XML. Elements without content are left to the caller.
type writer struct{ b []byte }

func (w *writer) raw(s string) { w.b = append(w.b, s...) }

// attr writes an attribute that the schema types as a string.
func (w *writer) attr(name, value string) {
	w.startAttr(name)
	w.escape(value)
	w.b = append(w.b, '"')
}

func (w *writer) startAttr(name string) {
	w.b = append(w.b, ' ')
	w.b = append(w.b, name...)
	w.b = append(w.b, '=', '"')
}

// text writes <name>value</name>, or nothing for an empty value.
func (w *writer) text(name, value string) {
	if value == "" {
		return
	}
	w.open(name)
	w.escape(value)
	w.close(name)
}

// word is text for a value that needs no escaping.
func (w *writer) word(name, value string) {
	if value == "" {
		return
	}
	w.open(name)
	w.raw(value)
	w.close(name)
}

func (w *writer) open(name string) {
	w.b = append(w.b, '<')
	w.b = append(w.b, name...)
	w.b = append(w.b, '>')
}

func (w *writer) close(name string) {
	w.b = append(w.b, '<', '/')
	w.b = append(w.b, name...)
	w.b = append(w.b, '>')
}

func (w *writer) number(name string, n uint32) {
	w.open(name)
	w.b = strconv.AppendUint(w.b, uint64(n), 10)
	w.close(name)
}

func (w *writer) boolean(name string, v bool) {
	w.open(name)
	w.b = strconv.AppendBool(w.b, v)
	w.close(name)
}

func (w *writer) time(name string, t time.Time) {
	if t.IsZero() {
		return
	}
	w.open(name)
	w.b = t.UTC().AppendFormat(w.b, time.RFC3339Nano)
	w.close(name)
}

// special has a bit for each octet below 64 that cannot stand as it is.
const special uint64 = 1<<' ' - 1 | 1<<'"' | 1<<'&' | 1<<'<' | 1<<'>'

// escape writes s as character data or attribute value. Octets that are no
// UTF-8 and characters that XML 1.0 cannot hold become U+FFFD. [NOT-NFY-10]
func (w *writer) escape(s string) {
	done := 0
	for i := 0; i < len(s); {
		c, size := rune(s[i]), 1
		if c < utf8.RuneSelf {
			if c >= 64 || special>>c&1 == 0 {
				i++
				continue
			}
		} else {
			c, size = utf8.DecodeRuneInString(s[i:])
		}
		if esc := escaped(c, size); esc != "" {
			w.b = append(w.b, s[done:i]...)
			w.b = append(w.b, esc...)
			done = i + size
		}
		i += size
	}
	w.b = append(w.b, s[done:]...)
}

func escaped(c rune, size int) string {
	switch c {
	case '<':
		return "&lt;"
	case '>':
		return "&gt;"
	case '&':
		return "&amp;"
	case '"':
		return "&#34;"
	case '\t':
		return "&#9;"
	case '\n':
		return "&#10;"
	case '\r':
		return "&#13;"
	case utf8.RuneError:
		if size > 1 {
			return "" // the character itself
		}
		return "\uFFFD"
	case '\uFFFE', '\uFFFF':
		return "\uFFFD"
	}
	if c < ' ' {
		return "\uFFFD"
	}
	return ""
}
