package msrpwire

import (
	"bytes"
	"iter"
)

// Path is the value of a To-Path or From-Path field: URIs separated by single
// spaces, as octets. Peers compare them octet by octet, so they are kept as
// they came.
type Path []byte

// Len returns the number of URIs.
func (p Path) Len() int {
	if len(p) == 0 {
		return 0
	}
	return bytes.Count(p, []byte{' '}) + 1
}

// First returns the leftmost URI: the next hop of a To-Path, the previous hop of
// a From-Path.
func (p Path) First() []byte {
	if i := bytes.IndexByte(p, ' '); i >= 0 {
		return p[:i:i]
	}
	return p
}

// Last returns the rightmost URI: the endpoint at the far end.
func (p Path) Last() []byte {
	return p[bytes.LastIndexByte(p, ' ')+1:]
}

// All yields the URIs from left to right.
func (p Path) All() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for len(p) > 0 {
			uri, rest, _ := bytes.Cut(p, []byte{' '})
			if !yield(uri) {
				return
			}
			p = rest
		}
	}
}

// URIs parses the path. It allocates.
func (p Path) URIs() ([]URI, error) {
	uris := make([]URI, 0, p.Len())
	for raw := range p.All() {
		u, err := ParseURI(string(raw))
		if err != nil {
			return nil, err
		}
		uris = append(uris, u)
	}
	return uris, nil
}

// MakePath joins URIs to a path.
func MakePath(uris ...URI) Path {
	var p Path
	for i, u := range uris {
		if i > 0 {
			p = append(p, ' ')
		}
		p = u.AppendTo(p)
	}
	return p
}

// valid reports whether p is one or more well-formed URIs. [MSRP-URI-01]
func (p Path) valid() bool {
	_, err := p.URIs()
	return err == nil && len(p) > 0 && p[len(p)-1] != ' '
}
