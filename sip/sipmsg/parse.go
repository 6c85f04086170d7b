package sipmsg

import "bytes"

// ParseDatagram reads the message in a UDP datagram or a WebSocket message.
// Octets behind the length that Content-Length names are ignored; without that
// field the body is the rest (RFC 3261 §18.3) [COM-03].
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
