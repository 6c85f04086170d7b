package sipmsg

import "strings"

// maxNesting bounds multipart bodies inside multipart bodies.
const maxNesting = 8

// Bodies returns the parts of the body of m with all multipart bodies opened, in
// order of appearance; a body that is not multipart is one part with the content
// fields of the message. Without a body there are none. lim.Headers bounds the
// number of parts. The error is a *SyntaxError [COM-07].
//
// The parts of multipart/alternative are returned like those of multipart/mixed.
func Bodies(m Message, lim Limits) ([]Part, error) {
	if len(m.Content()) == 0 {
		return nil, nil
	}
	whole := Part{Header: contentFields(m.Head()), Body: m.Content()}
	o := opener{lim: lim.withDefaults()}
	if err := o.open(whole, 0); err != nil {
		return nil, err
	}
	return o.parts, nil
}

// contentFields returns the fields that tell about the body.
func contentFields(h *Header) Header {
	var out Header
	for _, f := range h.Fields {
		if f.Name != "Content-Length" && strings.HasPrefix(f.Name, "Content-") {
			out.Fields = append(out.Fields, f)
		}
	}
	return out
}

// opener collects the innermost parts.
type opener struct {
	lim   Limits
	parts []Part
}

func (o *opener) open(p Part, depth int) error {
	t, ok := p.Header.ContentType()
	if !ok || t.Type != "multipart" {
		if len(o.parts) == o.lim.Headers {
			return malformed("body", "too many parts")
		}
		o.parts = append(o.parts, p)
		return nil
	}
	if depth == maxNesting {
		return malformed("body", "nested too deep")
	}
	parts, err := ParseMultipart(t, p.Body, o.lim)
	if err != nil {
		return err
	}
	for _, inner := range parts {
		if err := o.open(inner, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// Named finds the body of a message that a cid URI refers to (RFC 2392), as it came: the
// whole body, or a part of it, however deep, a multipart one included.
func Named(m Message, cid string) (Part, bool) {
	if len(m.Content()) == 0 || cid == "" {
		return Part{}, false
	}
	return named(Part{Header: contentFields(m.Head()), Body: m.Content()}, cid, 0)
}

func named(p Part, cid string, depth int) (Part, bool) {
	if strings.Trim(p.Header.Value("Content-ID"), "<> ") == cid {
		return p, true
	}
	t, ok := p.Header.ContentType()
	if !ok || t.Type != "multipart" || depth == maxNesting {
		return Part{}, false
	}
	parts, err := ParseMultipart(t, p.Body, Limits{})
	if err != nil {
		return Part{}, false
	}
	for _, inner := range parts {
		if found, ok := named(inner, cid, depth+1); ok {
			return found, true
		}
	}
	return Part{}, false
}
