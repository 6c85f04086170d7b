package sipmsg

// MagicCookie starts every branch made by RFC 3261 (§8.1.1.7).
const MagicCookie = "z9hG4bK"

// Check applies the rules on the fields that every message must have. The parse
// functions run it; call it for messages built by hand. The error is a
// *SyntaxError [COM-01].
//
// A topmost Via without branch, or with one that lacks MagicCookie, passes: that
// is how RFC 2543 wrote it, and matching such requests is the business of the
// transaction layer (RFC 3261 §17.2.3).
func Check(m Message) error {
	err := m.Head().checkSingles()
	if err == nil {
		err = check(m)
	}
	if err != nil {
		return err
	}
	return nil
}

// check is Check without the search for fields given twice, which the parser has
// done already.
func check(m Message) *SyntaxError {
	var c checker
	switch m := m.(type) {
	case *Request:
		return c.request(m)
	case *Response:
		return c.core(&m.Header)
	}
	return nil
}

// checker walks over the fields once; the scratch space lets it parse values
// without allocating.
type checker struct {
	seen     core   // fields met so far
	contacts int    // number of Contact values
	method   Method // of the CSeq
	uris     [4]Param
	params   [8]Param
}

// core is a set of fields.
type core uint8

const (
	coreVia core = 1 << iota
	coreFrom
	coreTo
	coreCallID
	coreCSeq
	coreContactStar

	coreAll = coreVia | coreFrom | coreTo | coreCallID | coreCSeq
)

func (c *checker) request(r *Request) *SyntaxError {
	if err := c.core(&r.Header); err != nil {
		return err
	}
	if c.method != r.Method {
		// RFC 4475 §3.1.2.17, §3.1.2.18
		if !r.Method.Known() {
			return &SyntaxError{Field: "CSeq", Problem: "method differs and is unknown", Status: 501}
		}
		return malformed("CSeq", "method differs from the request line")
	}
	// RFC 4475 §3.1.2.11; RFC 3261 §19.1.1: no header fields in a Request-URI. [COM-08]
	if len(r.URI.Headers) > 0 {
		return malformed("Request-Line", "URI with header fields")
	}
	if c.seen&coreContactStar != 0 && (r.Method != REGISTER || c.contacts != 1) {
		return malformed("Contact", `"*" out of place`)
	}
	// RFC 3261 §8.1.1.8, RFC 3515 §2.2, RFC 6665 §4.1.2.1
	if needsContact(r.Method) && c.contacts != 1 {
		return malformed("Contact", "not exactly one")
	}
	return nil
}

func needsContact(m Method) bool { return m == INVITE || m == SUBSCRIBE || m == REFER }

// core checks what requests and responses share.
func (c *checker) core(h *Header) *SyntaxError {
	for i := range h.Fields {
		if err := c.field(&h.Fields[i]); err != nil {
			return AsSyntaxError(err)
		}
	}
	if missing := coreAll &^ c.seen; missing != 0 {
		return malformed(missing.first(), "missing")
	}
	return nil
}

// first names a field of the set.
func (s core) first() string {
	switch {
	case s&coreVia != 0:
		return "Via"
	case s&coreFrom != 0:
		return "From"
	case s&coreTo != 0:
		return "To"
	case s&coreCallID != 0:
		return "Call-ID"
	}
	return "CSeq"
}

func (c *checker) field(f *Field) error {
	switch f.Name {
	case "Via":
		return c.vias(f.Value)
	case "From":
		c.seen |= coreFrom
		from, err := parseAddress(f.Value, c.uris[:0], c.params[:0], "From")
		if err == nil && from.Tag() == "" {
			// RFC 3261 §8.1.1.3; RFC 4475 §3.4.1
			return malformed("From", "no tag")
		}
		return err
	case "To":
		c.seen |= coreTo
		_, err := parseAddress(f.Value, c.uris[:0], c.params[:0], "To")
		return err
	case "Call-ID":
		c.seen |= coreCallID
		if !validCallID(f.Value) {
			return malformed("Call-ID", "malformed")
		}
	case "CSeq":
		c.seen |= coreCSeq
		cseq, err := parseCSeq(f.Value)
		c.method = cseq.Method
		return err
	case "Contact", "Route", "Record-Route":
		return c.addresses(f)
	}
	return nil
}

// vias checks all hops, and of the topmost one that its branch is not the bare
// cookie (RFC 4475 §3.2.1).
func (c *checker) vias(rest string) error {
	for more := true; more; {
		var element string
		element, rest, more = nextElement(rest)
		via, err := parseVia(element, c.params[:0])
		if err != nil {
			return err
		}
		if c.seen&coreVia == 0 && equalFold(via.Branch(), MagicCookie) {
			return malformed("Via", "empty branch identifier")
		}
		c.seen |= coreVia
	}
	return nil
}

func (c *checker) addresses(f *Field) error {
	rest := f.Value
	for more := true; more; {
		var element string
		element, rest, more = nextElement(rest)
		a, err := parseAddress(element, c.uris[:0], c.params[:0], f.Name)
		if err != nil {
			return err
		}
		switch {
		case f.Name == "Contact":
			c.contacts++
			if a.Wildcard() {
				c.seen |= coreContactStar
			}
		case a.Wildcard():
			return malformed(f.Name, "no URI")
		}
	}
	return nil
}

// checkSingles refuses several fields of a name that may stand only once.
func (h *Header) checkSingles() *SyntaxError {
	for i := range h.Fields {
		name := h.Fields[i].Name
		if _, t := knownName(name); t&single != 0 && h.index(name) != i {
			return malformed(name, "more than one")
		}
	}
	return nil
}

// validCallID is liberal: printable ASCII without white space.
func validCallID(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return s != ""
}
