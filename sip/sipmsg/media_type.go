package sipmsg

import "strings"

// MediaType is the value of Content-Type or one element of Accept.
type MediaType struct {
	// Type and Subtype in lower case; "*" in Accept.
	Type, Subtype string
	Params        Params
}

// ParseMediaType reads m-type SLASH m-subtype *( SEMI m-parameter ).
func ParseMediaType(s string) (MediaType, error) { return parseMediaType(s, "Content-Type") }

func parseMediaType(s, field string) (MediaType, error) {
	full, rest := cutParams(s)
	t, sub, ok := cut(full, '/')
	if !ok || !classToken.all(t) || !classToken.all(sub) {
		return MediaType{}, malformed(field, "malformed media type")
	}
	params, err := parseParams(nil, rest, field)
	if err != nil {
		return MediaType{}, err
	}
	return MediaType{Type: lower(t), Subtype: lower(sub), Params: params}, nil
}

// Full returns type "/" subtype.
func (t MediaType) Full() string { return t.Type + "/" + t.Subtype }

// Is reports whether t is the given type, which is in lower case.
func (t MediaType) Is(full string) bool {
	a, b, _ := strings.Cut(full, "/")
	return t.Type == a && t.Subtype == b
}

// String returns the value of the header field.
func (t MediaType) String() string { return t.Full() + t.Params.String() }

// ContentType returns the Content-Type field, and whether it is there and well
// formed.
func (h *Header) ContentType() (MediaType, bool) {
	i := h.index("Content-Type")
	if i < 0 {
		return MediaType{}, false
	}
	t, err := ParseMediaType(h.Fields[i].Value)
	return t, err == nil
}

// Accept returns the media ranges of the Accept field; elements that are
// malformed are left out.
func (h *Header) Accept() []MediaType {
	var out []MediaType
	for _, s := range h.Values("Accept") {
		if t, err := parseMediaType(s, "Accept"); err == nil {
			out = append(out, t)
		}
	}
	return out
}

// Accepts reports whether a body of the type full ("application/sdp") is welcome.
// Without an Accept field it is if full is def; an empty field refuses all
// (RFC 3261 §20.1). Elements with q=0 are refusals.
func (h *Header) Accepts(full, def string) bool {
	if !h.Has("Accept") {
		return full == def
	}
	main, _, _ := strings.Cut(full, "/")
	best, ok := -1, false
	for _, t := range h.Accept() {
		rank := -1
		switch {
		case t.Is(full):
			rank = 2
		case t.Type == main && t.Subtype == "*":
			rank = 1
		case t.Type == "*" && t.Subtype == "*":
			rank = 0
		}
		if rank > best {
			best, ok = rank, !zeroQuality(t.Params)
		}
	}
	return ok
}

// zeroQuality reports whether p has q=0, q=0.0 and so on.
func zeroQuality(p Params) bool {
	q, ok := p.Lookup("q")
	return ok && q != "" && strings.Trim(q, "0.") == ""
}

func lower(s string) string { return strings.ToLower(s) }
