package sipmsg

// MagicCookie starts every branch made by RFC 3261 (§8.1.1.7).
const MagicCookie = "z9hG4bK"

// Check applies the rules on the fields that every message must have. The parse
// functions run it; call it for messages built by hand. The error is a
// *SyntaxError. [COM-01]
func Check(m Message) error {
	var err *SyntaxError
	switch m := m.(type) {
	case *Request:
		err = checkRequest(m)
	case *Response:
		err = checkResponse(m)
	}
	if err != nil {
		return err
	}
	return nil
}

func checkRequest(r *Request) *SyntaxError {
	var scratch [8]Param
	buf := scratch[:0]
	cseq, err := r.Header.checkCommon(buf)
	if err != nil {
		return err
	}
	if cseq != r.Method {
		// RFC 4475 §3.1.2.17, §3.1.2.18
		if !r.Method.Known() {
			return &SyntaxError{Field: "CSeq", Problem: "method differs and is unknown", Status: 501}
		}
		return malformed("CSeq", "method differs from the request line")
	}
	if err := r.checkBranch(buf); err != nil {
		return err
	}
	// RFC 4475 §3.1.2.7, §3.1.2.11; RFC 3261 §19.1.1. [COM-08]
	if len(r.URI.Headers) > 0 {
		return malformed("Request-Line", "URI with header fields")
	}
	contacts, err := r.Header.checkAddresses("Contact", buf)
	if err != nil {
		return err
	}
	switch r.Method {
	case INVITE, SUBSCRIBE, REFER:
		// RFC 3261 §8.1.1.8, RFC 3515 §2.2, RFC 6665 §4.1.2.1
		if contacts != 1 || r.Header.Value("Contact") == "*" {
			return malformed("Contact", "not exactly one")
		}
	}
	for _, name := range [...]string{"Route", "Record-Route"} {
		if _, err := r.Header.checkAddresses(name, buf); err != nil {
			return err
		}
	}
	return nil
}

// checkBranch refuses the cookie without an identifier (RFC 4475 §3.2.1). A
// branch that lacks the cookie, or none at all, is how RFC 2543 wrote it: matching
// such requests is the transaction layer's business (RFC 3261 §17.2.3).
func (r *Request) checkBranch(buf Params) *SyntaxError {
	first, _, _ := nextElement(r.Header.Value("Via"))
	via, err := parseVia(first, buf)
	if err != nil {
		return AsSyntaxError(err)
	}
	if equalFold(via.Branch(), MagicCookie) {
		return malformed("Via", "empty branch identifier")
	}
	return nil
}

func checkResponse(r *Response) *SyntaxError {
	var scratch [8]Param
	_, err := r.Header.checkCommon(scratch[:0])
	return err
}

// checkCommon checks what requests and responses share and returns the method
// of the CSeq.
func (h *Header) checkCommon(buf Params) (Method, *SyntaxError) {
	if err := h.checkSingles(); err != nil {
		return "", err
	}
	for _, name := range [...]string{"Via", "From", "To", "Call-ID", "CSeq"} {
		if h.Value(name) == "" {
			return "", malformed(name, "missing")
		}
	}
	from, err := parseAddress(h.Value("From"), nil, buf, "From")
	if err != nil {
		return "", AsSyntaxError(err)
	}
	if from.Tag() == "" {
		return "", malformed("From", "no tag")
	}
	if _, err = parseAddress(h.Value("To"), nil, buf, "To"); err != nil {
		return "", AsSyntaxError(err)
	}
	if !validCallID(h.Value("Call-ID")) {
		return "", malformed("Call-ID", "malformed")
	}
	if err := h.checkVias(buf); err != nil {
		return "", err
	}
	cseq, err := parseCSeq(h.Value("CSeq"))
	if err != nil {
		return "", AsSyntaxError(err)
	}
	return cseq.Method, nil
}

// checkSingles refuses several fields of a name that may stand only once.
func (h *Header) checkSingles() *SyntaxError {
	for i := 1; i < len(h.Fields); i++ {
		name := h.Fields[i].Name
		if h.index(name) == i {
			continue
		}
		if _, t := knownName(name); t&single != 0 {
			return malformed(name, "more than one")
		}
	}
	return nil
}

func (h *Header) checkVias(buf Params) *SyntaxError {
	for i := range h.Fields {
		if h.Fields[i].Name != "Via" {
			continue
		}
		rest := h.Fields[i].Value
		for more := true; more; {
			var element string
			element, rest, more = nextElement(rest)
			if _, err := parseVia(element, buf); err != nil {
				return AsSyntaxError(err)
			}
		}
	}
	return nil
}

// checkAddresses counts the addresses in the fields of that name.
func (h *Header) checkAddresses(name string, buf Params) (n int, err *SyntaxError) {
	for i := range h.Fields {
		if h.Fields[i].Name != name {
			continue
		}
		rest := h.Fields[i].Value
		for more := true; more; n++ {
			var element string
			element, rest, more = nextElement(rest)
			if _, err := parseAddress(element, nil, buf, name); err != nil {
				return 0, AsSyntaxError(err)
			}
		}
	}
	return n, nil
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
