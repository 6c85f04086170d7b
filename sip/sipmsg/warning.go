package sipmsg

import "strconv"

// Warning explains a failure (RFC 3261 §20.43).
type Warning struct {
	Code  int    // three digits
	Agent string // host[:port] or pseudonym
	Text  string
}

// String returns the value of the header field.
func (w Warning) String() string {
	dst := strconv.AppendInt(nil, int64(w.Code), 10)
	dst = appendOpaque(append(dst, ' '), w.Agent)
	return string(appendQuoted(append(dst, ' '), w.Text))
}

// Warnings returns the Warning values; malformed ones are left out.
func (h *Header) Warnings() []Warning {
	var out []Warning
	for _, s := range h.Values("Warning") {
		if w, ok := parseWarning(s); ok {
			out = append(out, w)
		}
	}
	return out
}

// parseWarning reads warn-code SP warn-agent SP warn-text.
func parseWarning(s string) (Warning, bool) {
	code, rest, _ := cut(s, ' ')
	agent, text, _ := cut(rest, ' ')
	n, ok := parseUint(code, 999)
	if !ok || text == "" || text[0] != '"' {
		return Warning{}, false
	}
	w := Warning{Code: int(n), Agent: agent} //nolint:gosec // at most 999
	w.Text, _, ok = unquote(text)
	return w, ok
}
