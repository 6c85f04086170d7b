package sipmsg

// HeaderFields returns the header part of a SIP URI as fields (RFC 3261 §19.1.1):
// names canonical, percent escapes resolved. A field whose value cannot stand in a
// message is left out. Most of them must not be honoured: §19.1.5.
func (u URI) HeaderFields() []Field {
	var out []Field
	for _, p := range u.Headers {
		value := unescape(p.Value)
		if printable(value) {
			out = append(out, Field{Name: canonical(unescape(p.Name)), Value: trim(value)})
		}
	}
	return out
}

// NamesHeader reports whether the header part of a SIP URI has a field of that name, which
// is canonical or "Body", whatever its value is.
func (u URI) NamesHeader(name string) bool {
	for _, p := range u.Headers {
		if canonical(unescape(p.Name)) == name {
			return true
		}
	}
	return false
}

// printable reports whether s has no control characters but tabs.
func printable(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

func canonical(name string) string {
	name, _ = canonicalName(name)
	return name
}
