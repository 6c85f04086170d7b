package sipmsg

import (
	"bytes"
	"errors"
	"strings"
)

// ParseDatagram reads the message in a UDP datagram or a WebSocket message.
// Octets behind the length that Content-Length names are ignored; without that
// field the body is the rest (RFC 3261 §18.3). [COM-03]
//
// The error is a *SyntaxError, or ErrIncomplete if b holds nothing but line ends
// (a keep-alive). With a *SyntaxError the message is not nil if its start line
// and fields could be told apart: enough to send the answer that Status names.
func ParseDatagram(b []byte, lim Limits) (Message, error) {
	lim = lim.withDefaults()
	b = b[lineEnds(b):]
	if len(b) == 0 {
		return nil, ErrIncomplete
	}
	end := bytes.Index(b, []byte("\r\n\r\n"))
	var unended *SyntaxError
	var body []byte
	if end < 0 {
		unended = malformed("header", "no empty line behind it")
		end = len(b)
	} else {
		b, body = b[:end+2], b[end+4:]
		end += 2
	}
	if end > lim.HeaderBlock {
		unended = malformed("header", "too long")
	}
	h := parseHead(string(b[:min(end, lim.HeaderBlock)]), lim)
	h.fail(unended)
	switch n := h.length; {
	case n > len(body):
		h.fail(malformed("Content-Length", "larger than the datagram"))
	case n >= 0:
		body = body[:n]
	}
	if len(body) > lim.Body {
		h.fail(&SyntaxError{Field: "body", Problem: "too long", Status: 413})
		body = nil
	}
	return h.finish(body)
}

// lineEnds counts the octets of CRLF pairs at the start of b.
func lineEnds(b []byte) int {
	n := 0
	for len(b) >= n+2 && b[n] == '\r' && b[n+1] == '\n' {
		n += 2
	}
	return n
}

// head is a message whose body is still to come.
type head struct {
	req    *Request  // at most one of req and resp
	resp   *Response // is not nil
	length int       // Content-Length; -1 if absent or malformed
	err    *SyntaxError
}

// fail keeps the first error.
func (h *head) fail(err *SyntaxError) {
	if h.err == nil {
		h.err = err
	}
}

func (h *head) header() *Header {
	switch {
	case h.req != nil:
		return &h.req.Header
	case h.resp != nil:
		return &h.resp.Header
	}
	return nil
}

// finish adds a copy of the body and runs Check.
func (h *head) finish(body []byte) (Message, error) {
	if len(body) > 0 {
		body = bytes.Clone(body)
	} else {
		body = nil
	}
	var m Message
	switch {
	case h.req != nil:
		h.req.Body = body
		m = h.req
	case h.resp != nil:
		h.resp.Body = body
		m = h.resp
	}
	if h.err != nil {
		return m, h.err
	}
	return m, Check(m)
}

// parseHead reads start line and fields, each with its CRLF. It goes on behind an
// error so that there is a message to answer.
func parseHead(s string, lim Limits) *head {
	h := &head{length: -1}
	line, rest, _ := strings.Cut(s, "\r\n")
	if len(line) > lim.StartLine {
		h.fail(&SyntaxError{Field: "Request-Line", Problem: "too long", Status: 414})
	}
	h.startLine(line)
	fields, err := parseFields(rest, lim)
	h.fail(err)
	if hdr := h.header(); hdr != nil {
		hdr.Fields = fields
	}
	h.contentLength(fields)
	return h
}

// contentLength: a length that is no number, or two that differ, leave the end of
// the message unknown. [COM-03]
func (h *head) contentLength(fields []Field) {
	for i := range fields {
		if fields[i].Name != "Content-Length" {
			continue
		}
		n, ok := parseUint(fields[i].Value, 1<<31-1)
		if !ok || h.length >= 0 && h.length != int(n) { //nolint:gosec // below 2^31
			h.length = -1
			h.fail(malformed("Content-Length", "malformed"))
			h.err.Fatal = true
			return
		}
		h.length = int(n) //nolint:gosec // below 2^31
	}
}

// parseFields splits a header into fields, folded lines joined. The error is the
// first; fields that make no sense are left out.
func parseFields(s string, lim Limits) ([]Field, *SyntaxError) {
	lines := strings.Count(s, "\n")
	var first *SyntaxError
	fail := func(problem string) {
		if first == nil {
			first = malformed("header", problem)
		}
	}
	if strings.Count(s, "\r") != lines {
		fail("CR or LF alone")
	}
	fields := make([]Field, 0, min(lines, lim.Headers)+1)
	for s != "" {
		var line string
		line, s = nextLine(s)
		if len(line) > lim.HeaderLine {
			fail("field too long")
			continue
		}
		f, ok := parseField(line)
		switch {
		case !ok:
			fail("line without field name")
		case len(fields) == lim.Headers:
			fail("too many fields")
			return fields, first
		default:
			fields = append(fields, f)
		}
	}
	return fields, first
}

// nextLine cuts one logical line off s, with the folds that belong to it.
func nextLine(s string) (line, rest string) {
	for i := 0; ; {
		end := strings.IndexByte(s[i:], '\n')
		if end < 0 {
			return s, ""
		}
		i += end + 1
		if i == len(s) || !isSpace(s[i]) {
			return s[:i], s[i:]
		}
	}
}

// parseField reads field-name HCOLON field-value CRLF.
func parseField(line string) (Field, bool) {
	name, value, ok := cut(strings.TrimSuffix(line, "\r\n"), ':')
	if !ok || !classToken.all(name) {
		return Field{}, false
	}
	if strings.IndexByte(value, '\n') >= 0 || strings.IndexByte(value, '\r') >= 0 {
		value = unfold(value)
	}
	name, _ = canonicalName(name)
	return Field{Name: name, Value: value}, true
}

// unfold replaces each CRLF and the white space around it by one space
// (RFC 3261 §7.3.1).
func unfold(s string) string {
	lines := strings.FieldsFunc(s, func(r rune) bool { return r == '\r' || r == '\n' })
	for i := range lines {
		lines[i] = trim(lines[i])
	}
	return trim(strings.Join(lines, " "))
}

// AsSyntaxError returns err as *SyntaxError, nil if it is none.
func AsSyntaxError(err error) *SyntaxError {
	var e *SyntaxError
	if errors.As(err, &e) {
		return e
	}
	return nil
}
