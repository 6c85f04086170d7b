package sipmsg

// The fields every message has (RFC 3261 §8.1.1) and those that route it.

// missing is the error of an accessor whose field is not there.
func missing(field string) error { return malformed(field, "missing") }

// Via returns the topmost Via.
func (h *Header) Via() (Via, error) { return h.TopVia(nil) }

// TopVia is Via with the parameters appended to buf, so that a caller with an
// array for them on its stack takes nothing from the heap.
func (h *Header) TopVia(buf Params) (Via, error) {
	i := h.index("Via")
	if i < 0 {
		return Via{}, missing("Via")
	}
	first, _, _ := nextElement(h.Fields[i].Value)
	return parseVia(first, buf)
}

// Vias returns all Via values, topmost first.
func (h *Header) Vias() ([]Via, error) {
	var out []Via
	for _, s := range h.Values("Via") {
		v, err := parseVia(s, nil)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// SetTopVia replaces the topmost Via value and leaves the others.
func (h *Header) SetTopVia(v Via) {
	i := h.index("Via")
	if i < 0 {
		h.Prepend("Via", v.String())
		return
	}
	value := v.String()
	if _, rest, more := nextElement(h.Fields[i].Value); more {
		value += "," + rest
	}
	h.Fields[i].Value = value
}

// From returns the From field.
func (h *Header) From() (Address, error) { return h.address("From") }

// To returns the To field.
func (h *Header) To() (Address, error) { return h.address("To") }

// FromTag returns the tag of the From field, "" if there is none.
func (h *Header) FromTag() string { return h.tag("From") }

// ToTag returns the tag of the To field, "" if there is none.
func (h *Header) ToTag() string { return h.tag("To") }

func (h *Header) tag(name string) string {
	var uri, params [4]Param
	a, err := parseAddress(h.Value(name), uri[:0], params[:0], name)
	if err != nil {
		return ""
	}
	return a.Tag()
}

// AddToTag adds a tag to the To field if it has none.
func (h *Header) AddToTag(tag string) {
	if i := h.index("To"); i >= 0 && h.ToTag() == "" {
		h.Fields[i].Value += ";tag=" + tag
	}
}

// CallID returns the Call-ID, "" if there is none.
func (h *Header) CallID() string { return h.Value("Call-ID") }

// CSeq returns the CSeq field.
func (h *Header) CSeq() (CSeq, error) {
	i := h.index("CSeq")
	if i < 0 {
		return CSeq{}, missing("CSeq")
	}
	return parseCSeq(h.Fields[i].Value)
}

// MaxForwards returns 0 to 255; a missing or odd value is 70 [COM-01].
func (h *Header) MaxForwards() int {
	n, ok := parseUint(h.Value("Max-Forwards"), 255)
	if !ok {
		return 70
	}
	return int(n) //nolint:gosec // at most 255
}

// Contacts returns all Contact values.
func (h *Header) Contacts() ([]Address, error) { return h.addresses("Contact") }

// Routes returns the Route set in order.
func (h *Header) Routes() ([]Address, error) { return h.addresses("Route") }

// RecordRoutes returns the Record-Route values in order.
func (h *Header) RecordRoutes() ([]Address, error) { return h.addresses("Record-Route") }

// AssertedIdentities returns the P-Asserted-Identity values (RFC 3325 §9.1).
func (h *Header) AssertedIdentities() ([]Address, error) { return h.addresses("P-Asserted-Identity") }

// PreferredIdentities returns the P-Preferred-Identity values (RFC 3325 §9.2).
func (h *Header) PreferredIdentities() ([]Address, error) {
	return h.addresses("P-Preferred-Identity")
}

// ReferTo returns the Refer-To field (RFC 3515 §2.1).
func (h *Header) ReferTo() (Address, error) { return h.address("Refer-To") }

// ReferredBy returns the Referred-By field (RFC 3892 §3).
func (h *Header) ReferredBy() (Address, error) { return h.address("Referred-By") }

func (h *Header) address(name string) (Address, error) {
	i := h.index(name)
	if i < 0 {
		return Address{}, missing(name)
	}
	return parseAddress(h.Fields[i].Value, nil, nil, name)
}

func (h *Header) addresses(name string) ([]Address, error) {
	var out []Address
	for i := range h.Fields {
		if h.Fields[i].Name != name {
			continue
		}
		rest := h.Fields[i].Value
		for more := true; more; {
			var element string
			element, rest, more = nextElement(rest)
			a, err := parseAddress(element, nil, nil, name)
			if err != nil {
				return nil, err
			}
			out = append(out, a)
		}
	}
	return out, nil
}
