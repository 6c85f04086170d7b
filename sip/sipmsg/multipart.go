package sipmsg

import (
	"bytes"
	"strings"
)

// Part is one part of a multipart body (RFC 2046 §5.1). A part may be multipart
// itself.
type Part struct {
	Header Header
	Body   []byte
}

// ParseMultipart splits body at the boundary that contentType names. Preamble and
// epilogue are dropped; bodies are slices of body. lim bounds the header of each
// part and, by lim.Headers, the number of parts. The error is a *SyntaxError with
// status 400 for field "body" or "Content-Type".
func ParseMultipart(contentType MediaType, body []byte, lim Limits) ([]Part, error) {
	boundary, _ := contentType.Params.Lookup("boundary")
	if contentType.Type != "multipart" || !validBoundary(boundary) {
		return nil, malformed("Content-Type", "no multipart boundary")
	}
	lim = lim.withDefaults()
	delimiter := []byte("--" + boundary)
	var parts []Part
	line, ok := nextBoundary(body, delimiter, 0)
	for ok && !line.closing {
		from := line.end
		if line, ok = nextBoundary(body, delimiter, from); !ok {
			break
		}
		if len(parts) == lim.Headers {
			return nil, malformed("body", "too many parts")
		}
		// The line end before a boundary belongs to the boundary.
		part, err := parsePart(body[from:max(from, line.start-2)], lim)
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
	}
	if !ok {
		return nil, malformed("body", "boundary missing")
	}
	return parts, nil
}

// boundaryLine is a line that separates parts.
type boundaryLine struct {
	start, end int  // its octets, line end included
	closing    bool // it ends with "--"
}

// nextBoundary finds the first boundary line at or after from.
func nextBoundary(body, delimiter []byte, from int) (boundaryLine, bool) {
	for at := from; ; {
		i := bytes.Index(body[at:], delimiter)
		if i < 0 {
			return boundaryLine{}, false
		}
		start := at + i
		at = start + len(delimiter)
		if start != from && !bytes.HasSuffix(body[from:start], []byte("\r\n")) {
			continue
		}
		if line, ok := boundaryEnd(body, at); ok {
			line.start = start
			return line, true
		}
	}
}

// boundaryEnd reads [ "--" ] transport-padding CRLF; the closing line may end with
// the body.
func boundaryEnd(body []byte, at int) (boundaryLine, bool) {
	rest := body[at:]
	closing := bytes.HasPrefix(rest, []byte("--"))
	if closing {
		rest = rest[2:]
	}
	padded := bytes.TrimLeft(rest, " \t")
	switch {
	case bytes.HasPrefix(padded, []byte("\r\n")):
		return boundaryLine{end: len(body) - len(padded) + 2, closing: closing}, true
	case closing && len(padded) == 0:
		return boundaryLine{end: len(body), closing: true}, true
	}
	return boundaryLine{}, false
}

func parsePart(b []byte, lim Limits) (Part, error) {
	if bytes.HasPrefix(b, []byte("\r\n")) {
		return Part{Body: b[2:]}, nil
	}
	end := bytes.Index(b, []byte("\r\n\r\n"))
	header, body := b, []byte(nil)
	if end >= 0 {
		header, body = b[:end+2], b[end+4:]
	}
	if len(header) > lim.HeaderBlock {
		return Part{}, malformed("body", "header of a part too long")
	}
	fields, err := parseFields(string(header), lim)
	if err != nil {
		return Part{}, malformed("body", "header of a part malformed")
	}
	return Part{Header: Header{Fields: fields}, Body: body}, nil
}

// AppendMultipart appends parts as a multipart body. The boundary has 1 to 70
// letters and digits that occur in no part: a random token, as of package sipid.
func AppendMultipart(dst []byte, boundary string, parts []Part) []byte {
	for i := range parts {
		dst = append(append(append(dst, "--"...), boundary...), '\r', '\n')
		for j := range parts[i].Header.Fields {
			dst = parts[i].Header.Fields[j].appendTo(dst)
		}
		dst = append(append(dst, '\r', '\n'), parts[i].Body...)
		dst = append(dst, '\r', '\n')
	}
	return append(append(append(dst, "--"...), boundary...), "--\r\n"...)
}

// validBoundary: 1 to 70 bchars, the last no space (RFC 2046 §5.1.1).
func validBoundary(s string) bool {
	if s == "" || len(s) > 70 || s[len(s)-1] == ' ' {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if !isAlpha(c) && !isDigit(c) && strings.IndexByte("'()+_,-./:=? ", c) < 0 {
			return false
		}
	}
	return true
}
