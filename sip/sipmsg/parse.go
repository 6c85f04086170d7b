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
	block, body, ended := splitHead(b)
	h := parseHead(string(block[:min(len(block), lim.HeaderBlock)]), lim)
	switch {
	case !ended:
		h.fail(malformed("header", "no empty line behind it"))
	case len(block)+len("\r\n") > lim.HeaderBlock:
		h.fail(malformed("header", "too long"))
	case h.length > len(body):
		h.fail(malformed("Content-Length", "larger than the datagram"))
	case h.length >= 0:
		body = body[:h.length]
	}
	if len(body) > lim.Body {
		h.fail(&SyntaxError{Field: "body", Problem: "too long", Status: 413})
		body = nil
	}
	return h.finish(body)
}

// splitHead returns the lines before the empty one, each with its CRLF, and what
// follows the empty line, if there is one.
func splitHead(b []byte) (block, rest []byte, ended bool) {
	end := bytes.Index(b, []byte("\r\n\r\n"))
	if end < 0 {
		return b, nil, false
	}
	return b[:end+2], b[end+4:], true
}

// lineEnds counts the octets of CRLF pairs at the start of b.
func lineEnds(b []byte) int {
	n := 0
	for len(b) >= n+2 && b[n] == '\r' && b[n+1] == '\n' {
		n += 2
	}
	return n
}
