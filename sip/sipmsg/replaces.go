package sipmsg

// Replaces names the dialog that a new one takes the place of (RFC 3891 §6.1).
// The tags are as the receiver of the INVITE sees them: ToTag is its own.
type Replaces struct {
	CallID, ToTag, FromTag string
	EarlyOnly              bool
}

// String returns the value of the header field.
func (r Replaces) String() string {
	params := Params{{Name: "to-tag", Value: r.ToTag}, {Name: "from-tag", Value: r.FromTag}}
	if r.EarlyOnly {
		params = append(params, Param{Name: "early-only", Flag: true})
	}
	return r.CallID + params.String()
}

// Replaces returns the Replaces field.
func (h *Header) Replaces() (Replaces, error) {
	i := h.index("Replaces")
	if i < 0 {
		return Replaces{}, missing("Replaces")
	}
	return ParseReplaces(h.Fields[i].Value)
}

// ParseReplaces reads callid *( SEMI replaces-param ), as in the field or,
// unescaped, in the headers of a Refer-To URI.
func ParseReplaces(s string) (Replaces, error) {
	const field = "Replaces"
	callID, rest := cutParams(s)
	params, err := parseParams(nil, rest, field)
	if err != nil {
		return Replaces{}, err
	}
	r := Replaces{CallID: callID, EarlyOnly: params.Has("early-only")}
	r.ToTag, _ = params.Lookup("to-tag")
	r.FromTag, _ = params.Lookup("from-tag")
	// RFC 3891 §6.1: exactly one to-tag and one from-tag.
	if !validCallID(callID) || params.count("to-tag") != 1 || params.count("from-tag") != 1 {
		return Replaces{}, malformed(field, "Call-ID or tags missing")
	}
	return r, nil
}

func (p Params) count(name string) int {
	n := 0
	for i := range p {
		if equalFold(p[i].Name, name) {
			n++
		}
	}
	return n
}
