package sipmsg

import "strings"

// Address is a name-addr or addr-spec with the parameters of the header field
// (RFC 3261 §20.10): From, To, Contact, Route, Refer-To and the like.
type Address struct {
	// Display is the display name without quotes and escapes.
	Display string
	URI     URI
	// Params are the header parameters, outside the angle brackets.
	Params Params
}

// ParseAddress reads one address. The error is a *SyntaxError for field "address".
func ParseAddress(s string) (Address, error) { return parseAddress(s, nil, nil, "address") }

// Tag returns the tag parameter, "" if there is none.
func (a Address) Tag() string {
	tag, _ := a.Params.Lookup("tag")
	return tag
}

// Wildcard reports whether a is the "*" of a Contact that removes all bindings.
func (a Address) Wildcard() bool { return a.URI.Scheme == "" && a.URI.Opaque == "*" }

// String returns the address with its URI in angle brackets.
func (a Address) String() string {
	var buf [192]byte
	return string(a.AppendTo(buf[:0]))
}

// AppendTo appends what String returns.
func (a Address) AppendTo(dst []byte) []byte {
	if a.Wildcard() {
		return append(dst, '*')
	}
	if a.Display != "" {
		if plainDisplay(a.Display) {
			dst = append(dst, a.Display...)
		} else {
			dst = appendQuoted(dst, a.Display)
		}
		dst = append(dst, ' ')
	}
	dst = a.URI.AppendTo(append(dst, '<'))
	return a.Params.appendTo(append(dst, '>'))
}

// plainDisplay reports whether s may stand without quotes: one token.
func plainDisplay(s string) bool { return classToken.all(s) }

// parseAddress appends URI parameters to ub and header parameters to pb.
func parseAddress(s string, ub, pb Params, field string) (Address, error) {
	s = trim(s)
	if s == "*" {
		return Address{URI: URI{Opaque: "*"}}, nil
	}
	var a Address
	if s != "" && s[0] == '"' {
		var ok bool
		if a.Display, s, ok = unquote(s); !ok {
			return Address{}, malformed(field, "unterminated quoted string")
		}
		if s = trimLeft(s); s == "" || s[0] != '<' {
			return Address{}, malformed(field, "display name without <URI>")
		}
	}
	open := strings.IndexByte(s, '<')
	if open < 0 {
		return parseAddrSpec(s, ub, pb, field)
	}
	if open > 0 {
		a.Display = trim(s[:open])
		if !tokens(a.Display) {
			return Address{}, malformed(field, "display name needs quotes")
		}
	}
	end := strings.IndexByte(s, '>')
	if end < open {
		return Address{}, malformed(field, "missing >")
	}
	var err error
	if a.URI, err = parseURI(s[open+1:end], ub, field); err != nil {
		return Address{}, err
	}
	if s[end+1:] != "" {
		a.Params, err = parseParams(pb, s[end+1:], field)
	}
	return a, err
}

// parseAddrSpec reads a URI without brackets; all parameters are the header's
// and the URI has no headers (RFC 3261 §20.10).
func parseAddrSpec(s string, ub, pb Params, field string) (Address, error) {
	spec, params := s, ""
	if i := strings.IndexByte(s, ';'); i >= 0 {
		spec, params = trim(s[:i]), s[i:]
	}
	if strings.IndexByte(spec, '?') >= 0 || strings.IndexByte(spec, ',') >= 0 {
		return Address{}, malformed(field, "URI needs angle brackets")
	}
	var a Address
	var err error
	if a.URI, err = parseURI(spec, ub, field); err != nil {
		return Address{}, err
	}
	if params != "" {
		a.Params, err = parseParams(pb, params, field)
	}
	return a, err
}

// tokens reports whether s is *( token LWS ).
func tokens(s string) bool {
	for i := range len(s) {
		if !classToken.has(s[i]) && !isSpace(s[i]) {
			return false
		}
	}
	return true
}
