package sipmsg

import "strconv"

// Reason says why a request was sent (RFC 3326 §2).
type Reason struct {
	// Protocol is "SIP", "Q.850" or another protocol.
	Protocol string
	// Cause is 0 if not named.
	Cause int
	Text  string
}

// String returns the value of the header field.
func (r Reason) String() string {
	params := make(Params, 0, 2)
	if r.Cause != 0 {
		params = append(params, Param{Name: "cause", Value: strconv.Itoa(r.Cause)})
	}
	if r.Text != "" {
		params = append(params, Param{Name: "text", Value: r.Text, Quoted: true})
	}
	return r.Protocol + params.String()
}

// Reasons returns the Reason values; malformed ones are left out.
func (h *Header) Reasons() []Reason {
	var out []Reason
	for _, s := range h.Values("Reason") {
		protocol, params, err := parseTokenParams(s, "Reason")
		if err != nil {
			continue
		}
		r := Reason{Protocol: protocol}
		if cause, ok := params.Lookup("cause"); ok {
			n, _ := parseUint(cause, 999)
			r.Cause = int(n) //nolint:gosec // at most 999
		}
		r.Text, _ = params.Lookup("text")
		out = append(out, r)
	}
	return out
}
