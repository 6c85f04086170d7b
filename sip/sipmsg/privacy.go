package sipmsg

import "strings"

// Privacy returns the priv-values of the Privacy field in lower case: "id",
// "user", "header", "session", "none", "critical" (RFC 3323 §4.2). They are
// separated by semicolons; commas are taken too.
func (h *Header) Privacy() []string {
	var out []string
	for i := range h.Fields {
		if h.Fields[i].Name != "Privacy" {
			continue
		}
		for _, v := range strings.FieldsFunc(h.Fields[i].Value, func(r rune) bool { return r == ';' || r == ',' }) {
			if v = trim(v); v != "" {
				out = append(out, lower(v))
			}
		}
	}
	return out
}
