package sipmsg

import (
	"strconv"
	"strings"
)

// Append appends the request as it goes on the wire and returns the longer slice.
//
// Content-Length is always written, from Body, whatever the header says. No value
// can break the framing: CR and LF inside a field value become spaces, a field
// whose name is no token is left out, octets that a URI cannot hold are
// percent-escaped, and a method that is no token is written as "INVALID".
func (r *Request) Append(dst []byte) []byte { return append(r.AppendHead(dst), r.Body...) }

// AppendHead appends the request up to its body, which has to follow.
func (r *Request) AppendHead(dst []byte) []byte {
	if classToken.all(string(r.Method)) {
		dst = append(dst, r.Method...)
	} else {
		dst = append(dst, "INVALID"...)
	}
	dst = r.URI.AppendTo(append(dst, ' '))
	dst = append(dst, " SIP/2.0\r\n"...)
	return r.Header.appendTo(dst, len(r.Body))
}

// Append appends the response as it goes on the wire and returns the longer
// slice, under the rules of Request.Append. A status outside 100 to 699 is
// written as 500.
func (r *Response) Append(dst []byte) []byte { return append(r.AppendHead(dst), r.Body...) }

// AppendHead appends the response up to its body, which has to follow.
func (r *Response) AppendHead(dst []byte) []byte {
	status := r.Status
	if status < 100 || status > 699 {
		status = 500
	}
	dst = append(dst, "SIP/2.0 "...)
	dst = strconv.AppendInt(dst, int64(status), 10)
	dst = appendText(append(dst, ' '), r.Reason)
	return r.Header.appendTo(append(dst, '\r', '\n'), len(r.Body))
}

// appendTo writes the fields, Content-Length for a body of so many octets, and the empty
// line.
func (h *Header) appendTo(dst []byte, body int) []byte {
	for i := range h.Fields {
		if h.Fields[i].Name != "Content-Length" {
			dst = h.Fields[i].appendTo(dst)
		}
	}
	dst = append(dst, "Content-Length: "...)
	dst = strconv.AppendInt(dst, int64(body), 10)
	return append(dst, "\r\n\r\n"...)
}

// appendTo writes the field with its line end, or nothing if the name is no token.
func (f *Field) appendTo(dst []byte) []byte {
	if !classToken.all(f.Name) {
		return dst
	}
	dst = append(append(dst, f.Name...), ": "...)
	return append(appendText(dst, f.Value), "\r\n"...)
}

// appendText writes s with CR and LF replaced by spaces.
func appendText(dst []byte, s string) []byte {
	start := len(dst)
	dst = append(dst, s...)
	if strings.IndexByte(s, '\r') < 0 && strings.IndexByte(s, '\n') < 0 {
		return dst
	}
	for i := start; i < len(dst); i++ {
		if dst[i] == '\r' || dst[i] == '\n' {
			dst[i] = ' '
		}
	}
	return dst
}
