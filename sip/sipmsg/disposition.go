package sipmsg

// Disposition says what a body is for (RFC 3261 §20.11).
type Disposition struct {
	// Type is session, render, recipient-list and so on, in lower case.
	Type   string
	Params Params
}

// Optional reports whether handling=optional, so that a body that is not
// understood may be skipped [COM-07].
func (d Disposition) Optional() bool {
	v, _ := d.Params.Lookup("handling")
	return equalFold(v, "optional")
}

// String returns the value of the header field.
func (d Disposition) String() string { return d.Type + d.Params.String() }

// ContentDisposition returns the Content-Disposition field, and whether it is
// there and well formed.
func (h *Header) ContentDisposition() (Disposition, bool) {
	value, params, err := h.tokenParams("Content-Disposition")
	return Disposition{Type: lower(value), Params: params}, err == nil
}
