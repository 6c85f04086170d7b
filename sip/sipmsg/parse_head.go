package sipmsg

import (
	"bytes"
	"strings"
)

// head is a message whose body is still to come.
type head struct {
	req    *Request  // at most one of req and resp
	resp   *Response // is not nil
	length int       // Content-Length; -1 if absent or malformed
	err    *SyntaxError
}

// parseHead reads start line and fields, each with its CRLF. It goes on behind an
// error so that there is a message to answer.
func parseHead(s string, lim Limits) head {
	h := head{length: -1}
	line, rest, _ := strings.Cut(s, "\r\n")
	if len(line) > lim.StartLine {
		h.fail(&SyntaxError{Field: "Request-Line", Problem: "too long", Status: 414})
	}
	h.startLine(line)
	fields, err := parseFields(rest, lim)
	h.fail(err)
	switch {
	case h.req != nil:
		h.req.Header.Fields = fields
	case h.resp != nil:
		h.resp.Header.Fields = fields
	}
	h.contentLength(fields)
	return h
}

// fail keeps the first error.
func (h *head) fail(err *SyntaxError) {
	if h.err == nil {
		h.err = err
	}
}

// contentLength: a length that is no number, or two that differ, leave the end of
// the message unknown [COM-03].
func (h *head) contentLength(fields []Field) {
	for i := range fields {
		if fields[i].Name != "Content-Length" {
			continue
		}
		n, ok := parseUint(fields[i].Value, 1<<31-1)
		if !ok || h.length >= 0 && h.length != int(n) { //nolint:gosec // below 2^31
			h.length = -1
			// Worse than any fault before: it takes its place.
			h.err = malformed("Content-Length", "malformed")
			h.err.Fatal = true
			return
		}
		h.length = int(n) //nolint:gosec // below 2^31
	}
}

// finish adds a copy of the body and checks the whole.
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
	default:
		return nil, h.err
	}
	if h.err == nil {
		h.err = check(m)
	}
	if h.err != nil {
		return m, h.err
	}
	return m, nil
}
