package sipmsg

import (
	"net/netip"
	"slices"
	"strings"
)

// Equal compares by the rules of RFC 3261 §19.1.4 for SIP and SIPS URIs and of
// RFC 3966 §4 for tel URIs; other URIs are equal if their text is. The relation
// is symmetric but, as in the standard, not transitive.
func (u URI) Equal(v URI) bool {
	switch {
	case u.Scheme != v.Scheme:
		return false
	case u.Scheme == "tel":
		return u.equalTel(v)
	case !u.IsSIP():
		return u.Opaque == v.Opaque
	}
	return equalEscaped(u.User, v.User) && equalEscaped(u.Password, v.Password) &&
		equalHost(u.Host, v.Host) && u.Port == v.Port &&
		u.Params.equalURI(v.Params) && v.Params.equalURI(u.Params) &&
		u.Headers.equalHeaders(v.Headers)
}

func equalHost(a, b string) bool {
	if equalFold(a, b) {
		return true
	}
	if strings.IndexByte(a, ':') < 0 {
		return false
	}
	x, errX := netip.ParseAddr(a)
	y, errY := netip.ParseAddr(b)
	return errX == nil && errY == nil && x == y
}

// equalEscaped compares text that may hold escapes: an escape equals the octet it stands for,
// unless that octet is reserved.
func equalEscaped(a, b string) bool {
	return a == b || normalise(a) == normalise(b)
}

// equalURI reports whether every parameter of p that counts has its equal in q.
// Parameters that only one URI has count if they are user, ttl, method or maddr,
// and transport, as the examples of §19.1.4 show.
func (p Params) equalURI(q Params) bool {
	for i := range p {
		j := q.index(p[i].Name)
		switch {
		case p.index(p[i].Name) != i:
		case j < 0 && significantParam(p[i].Name):
			return false
		case j >= 0 && !equalFold(normalise(p[i].Value), normalise(q[j].Value)):
			return false
		}
	}
	return true
}

func significantParam(name string) bool {
	switch strings.ToLower(name) {
	case "user", "ttl", "method", "maddr", "transport":
		return true
	}
	return false
}

// equalHeaders: header components are never ignored, order does not matter.
func (p Params) equalHeaders(q Params) bool {
	if len(p) != len(q) {
		return false
	}
	used := make([]bool, len(q))
next:
	for i := range p {
		for j := range q {
			if !used[j] && equalFold(p[i].Name, q[j].Name) && equalEscaped(p[i].Value, q[j].Value) {
				used[j] = true
				continue next
			}
		}
		return false
	}
	return true
}

// equalTel compares numbers without visual separators and all parameters, in
// any order and case.
func (u URI) equalTel(v URI) bool {
	return equalFold(digitsOnly(u.Opaque), digitsOnly(v.Opaque)) &&
		u.Params.equalTel(v.Params) && v.Params.equalTel(u.Params)
}

func (p Params) equalTel(q Params) bool {
	for i := range p {
		if p.index(p[i].Name) != i {
			continue
		}
		value, ok := q.Lookup(p[i].Name)
		if !ok || !equalTelValue(p[i].Name, p[i].Value, value) {
			return false
		}
	}
	return true
}

// equalTelValue: separators do not count in what is a number by itself, an
// extension or a global phone-context.
func equalTelValue(name, a, b string) bool {
	if equalFold(name, "ext") || strings.HasPrefix(a, "+") && strings.HasPrefix(b, "+") {
		a, b = digitsOnly(a), digitsOnly(b)
	}
	return equalFold(a, b)
}

// Number returns a tel URI in the one form that all have that are equal to it: without
// visual separators, in lower case, its parameters by name (RFC 3966 §4).
func (u URI) Number() URI {
	params := make(Params, 0, len(u.Params))
	for i, p := range u.Params {
		if u.Params.index(p.Name) != i {
			continue
		}
		value := strings.ToLower(p.Value)
		if equalFold(p.Name, "ext") || strings.HasPrefix(value, "+") {
			value = digitsOnly(value)
		}
		params = append(params, Param{Name: strings.ToLower(p.Name), Value: value, Flag: p.Flag})
	}
	slices.SortFunc(params, func(a, b Param) int { return strings.Compare(a.Name, b.Name) })
	return URI{Scheme: u.Scheme, Opaque: strings.ToLower(digitsOnly(u.Opaque)), Params: params}
}

func digitsOnly(s string) string {
	if !strings.ContainsAny(s, "-.()") {
		return s
	}
	return strings.NewReplacer("-", "", ".", "", "(", "", ")", "").Replace(s)
}
