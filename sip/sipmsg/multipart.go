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
	_, last, ok := nextDelimiter(body, delimiter, 0)
	if !ok {
		return nil, malformed("body", "no boundary line")
	}
	var parts []Part
	for !last.closing {
		from, start := last.end, 0
		if start, last, ok = nextDelimiter(body, delimiter, from); !ok {
			return nil, malformed("body", "closing boundary missing")
		}
		if len(parts) == lim.Headers {
			return nil, malformed("body", "too many parts")
		}
		// The line end before a boundary belongs to the boundary.
		part, err := parsePart(body[from:max(from, start-2)], lim)
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
	}
	return parts, nil
}

// boundaryLine is what stands behind "--boundary".
type boundaryLine struct {
	end     int  // behind the line
	closing bool // "--" follows
}

// nextDelimiter finds the next boundary line at or after from.
func nextDelimiter(body, delimiter []byte, from int) (start int, line boundaryLine, ok bool) {
	for at := from; ; {
		i := bytes.Index(body[at:], delimiter)
		if i < 0 {
			return 0, boundaryLine{}, false
		}
		start = at + i
		at = start + len(delimiter)
		if start != 0 && start != from && (start < from+2 || body[start-1] != '\n' || body[start-2] != '\r') {
			continue
		}
		if line, ok = boundaryEnd(body, at); ok {
			return start, line, true
		}
	}
}

// boundaryEnd reads [ "--" ] transport-padding CRLF; the closing line may be the
// end of the body.
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
		dst = parts[i].Header.appendFields(dst)
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
