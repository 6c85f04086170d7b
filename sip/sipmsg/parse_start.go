package sipmsg

import "strings"

// startLine reads a request line or a status line.
func (h *head) startLine(line string) {
	if len(line) >= 4 && equalFold(line[:4], "SIP/") {
		h.resp = &Response{}
		h.fail(h.resp.parseStatusLine(line))
		return
	}
	method, _, _ := strings.Cut(line, " ")
	if !classToken.all(method) {
		h.fail(malformed("Request-Line", "no method"))
		return
	}
	h.req = &Request{}
	h.fail(h.req.parseRequestLine(line))
}

// parseRequestLine reads Method SP Request-URI SP SIP-Version. With an error the
// method is set and the URI is what could be read, if need be opaque.
func (r *Request) parseRequestLine(line string) *SyntaxError {
	const field = "Request-Line"
	method, rest, _ := strings.Cut(line, " ")
	if r.Method = knownMethod(method); r.Method == "" {
		r.Method = Method(method)
	}
	i := strings.LastIndexByte(rest, ' ')
	if i < 0 {
		r.URI.Opaque = rest
		return malformed(field, "not three parts")
	}
	uri, version := rest[:i], rest[i+1:]
	if err := checkVersion(version, field); err != nil {
		r.URI.Opaque = uri
		return err
	}
	u, err := parseURI(uri, nil, field)
	if err != nil {
		r.URI.Opaque = uri
		return AsSyntaxError(err)
	}
	r.URI = u
	return nil
}

// parseStatusLine reads SIP-Version SP Status-Code SP Reason-Phrase. The phrase
// may be empty, and so may the space before it.
func (r *Response) parseStatusLine(line string) *SyntaxError {
	const field = "Status-Line"
	version, rest, _ := strings.Cut(line, " ")
	if err := checkVersion(version, field); err != nil {
		return err
	}
	code, reason, _ := strings.Cut(rest, " ")
	n, ok := parseUint(code, 699)
	if !ok || len(code) != 3 || n < 100 {
		return malformed(field, "status code is not from 100 to 699")
	}
	r.Status, r.Reason = int(n), reason //nolint:gosec // at most 699
	return nil
}

// checkVersion: well-formed but not 2.0 is answered 505 [COM-02].
func checkVersion(s, field string) *SyntaxError {
	if s == "SIP/2.0" {
		return nil
	}
	if len(s) < 4 || !equalFold(s[:4], "SIP/") {
		return malformed(field, "no SIP version")
	}
	major, minor, ok := strings.Cut(s[4:], ".")
	if !ok || !allDigits(major) || !allDigits(minor) {
		return malformed(field, "malformed SIP version")
	}
	if major != "2" || minor != "0" {
		return &SyntaxError{Field: field, Problem: "SIP version is not 2.0", Status: 505}
	}
	return nil
}

func allDigits(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return s != ""
}
