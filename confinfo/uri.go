package confinfo

import "strings"

// uriAttr writes an attribute that the schema types as anyURI.
func (w *writer) uriAttr(name, value string) {
	w.startAttr(name)
	w.escapeURI(value)
	w.b = append(w.b, '"')
}

// uri writes <name>value</name> for an anyURI, or nothing for an empty value.
func (w *writer) uri(name, value string) {
	if value == "" {
		return
	}
	w.open(name)
	w.escapeURI(value)
	w.close(name)
}

// escapeURI writes a URI. What would make validators reject the document is
// percent-encoded: a percent sign that starts no escape, blanks, and a second
// number sign. The brackets of an IPv6 reference stay, for they are part of the
// identity that subscribers compare.
func (w *writer) escapeURI(s string) {
	if strings.ContainsAny(s, "% #") {
		s = encodeStray(s)
	}
	w.escape(s)
}

func encodeStray(s string) string {
	var b strings.Builder
	fragment := false
	for i := range len(s) {
		c := s[i]
		switch {
		case c == '%' && !isEscape(s[i:]):
			b.WriteString("%25")
		case c == ' ':
			b.WriteString("%20")
		case c == '#' && fragment:
			b.WriteString("%23")
		default:
			fragment = fragment || c == '#'
			b.WriteByte(c)
		}
	}
	return b.String()
}

// isEscape reports whether s begins with a percent-encoded octet.
func isEscape(s string) bool { return len(s) > 2 && isHex(s[1]) && isHex(s[2]) }

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f'
}
