package sipmsg

import "strings"

// Param is one parameter of a URI or of a header field value.
type Param struct {
	// Name as on the wire, needless escapes of a URI resolved; it is compared
	// without regard to case.
	Name string
	// Value without quotes and backslash escapes. In URIs it is as on the wire,
	// percent escapes included.
	Value string
	// Flag says that the parameter has no "=" and no value.
	Flag bool
	// Quoted says that the value was, or has to be, written in double quotes. A
	// value that is neither token nor host is quoted in any case.
	Quoted bool
}

// Params is a list of parameters in wire order. If a name stands twice, against
// the rules, the first counts.
type Params []Param

// maxParams bounds the parameters of one URI or one value: looking one up takes
// time in proportion.
const maxParams = 64

// Lookup returns the value of the first parameter of that name, and whether it
// is there.
func (p Params) Lookup(name string) (string, bool) {
	if i := p.index(name); i >= 0 {
		return p[i].Value, true
	}
	return "", false
}

// index returns the place of the first parameter of that name, or -1.
func (p Params) index(name string) int {
	for i := range p {
		if equalFold(p[i].Name, name) {
			return i
		}
	}
	return -1
}

// Has reports whether the parameter is there, with or without a value.
func (p Params) Has(name string) bool { return p.index(name) >= 0 }

// With returns a copy of p in which name has value: in its old place or at the end.
func (p Params) With(name, value string) Params {
	return p.with(Param{Name: name, Value: value})
}

// WithFlag returns a copy of p that has name as a parameter without value.
func (p Params) WithFlag(name string) Params {
	return p.with(Param{Name: name, Flag: true})
}

func (p Params) with(param Param) Params {
	out := make(Params, 0, len(p)+1)
	placed := false
	for _, q := range p {
		switch {
		case !equalFold(q.Name, param.Name):
			out = append(out, q)
		case !placed:
			out = append(out, param)
			placed = true
		}
	}
	if !placed {
		out = append(out, param)
	}
	return out
}

// Without returns p without name; p itself if it is not there.
func (p Params) Without(name string) Params {
	if !p.Has(name) {
		return p
	}
	out := make(Params, 0, len(p)-1)
	for _, q := range p {
		if !equalFold(q.Name, name) {
			out = append(out, q)
		}
	}
	return out
}

// String writes the parameters, each with a leading semicolon.
func (p Params) String() string { return string(p.appendTo(nil)) }

// appendTo writes *( SEMI generic-param ).
func (p Params) appendTo(dst []byte) []byte {
	for i := range p {
		if !classToken.all(p[i].Name) {
			continue // nothing that is no token can be written as a name
		}
		dst = append(dst, ';')
		dst = p[i].appendTo(dst)
	}
	return dst
}

func (p *Param) appendTo(dst []byte) []byte {
	dst = append(dst, p.Name...)
	switch {
	case p.Flag:
		return dst
	case p.Quoted || !classValue.all(p.Value):
		return appendQuoted(append(dst, '='), p.Value)
	}
	return append(append(dst, '='), p.Value...)
}

// parseParams reads *( SEMI generic-param ) from s, which is empty or starts
// with a semicolon, and appends to buf.
func parseParams(buf Params, s, field string) (Params, error) {
	for s = trim(s); s != ""; {
		if s[0] != ';' {
			return nil, malformed(field, "octets after the value that are no parameter")
		}
		var p Param
		var ok bool
		if p, s, ok = nextParam(s[1:]); !ok {
			return nil, malformed(field, "malformed parameter")
		}
		if len(buf) == maxParams {
			return nil, malformed(field, "too many parameters")
		}
		buf = append(buf, p)
	}
	return buf, nil
}

// nextParam reads one generic-param and returns what follows it.
func nextParam(s string) (p Param, rest string, ok bool) {
	s = trimLeft(s)
	i := classToken.span(s)
	if i == 0 {
		return Param{}, "", false
	}
	p.Name = s[:i]
	s = trimLeft(s[i:])
	if s == "" || s[0] != '=' {
		p.Flag = true
		return p, s, true
	}
	s = trimLeft(s[1:])
	if s != "" && s[0] == '"' {
		p.Quoted = true
		p.Value, s, ok = unquote(s)
		return p, trimLeft(s), ok
	}
	i = classBare.span(s)
	p.Value = s[:i]
	return p, trimLeft(s[i:]), true
}

// cutParams separates a value from the parameters behind it, which keep their
// first semicolon.
func cutParams(s string) (value, params string) {
	if i := strings.IndexByte(s, ';'); i >= 0 {
		return trim(s[:i]), s[i:]
	}
	return trim(s), ""
}
