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
		code, s, ok1 := cut(s, ' ')
		agent, s, ok2 := cut(s, ' ')
		n, ok3 := parseUint(code, 999)
		if !ok1 || !ok2 || !ok3 || s == "" || s[0] != '"' {
			continue
		}
		text, _, ok := unquote(s)
		if ok {
			out = append(out, Warning{Code: int(n), Agent: agent, Text: text}) //nolint:gosec // at most 999
		}
	}
	return out
}
