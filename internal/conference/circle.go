package conference

import "strings"

// Circle is a set of users, named by address of record or by domain, which
// stands for all users of its own. The zero value is empty.
type Circle struct {
	users   map[Identity]struct{}
	domains map[string]struct{}
}

// NewCircle returns the circle of those named: addresses of record in canonical
// form, and domains.
func NewCircle(names ...string) Circle {
	var c Circle
	for _, n := range names {
		if isDomain(n) {
			if c.domains == nil {
				c.domains = make(map[string]struct{})
			}
			c.domains[strings.ToLower(n)] = struct{}{}
			continue
		}
		if c.users == nil {
			c.users = make(map[Identity]struct{}, len(names))
		}
		c.users[Identity(n)] = struct{}{}
	}
	return c
}

// Has reports whether id, or its domain, is named.
func (c Circle) Has(id Identity) bool {
	if _, ok := c.users[id]; ok {
		return true
	}
	_, ok := c.domains[id.domain()]
	return ok
}

// Empty reports whether nobody is named.
func (c Circle) Empty() bool { return len(c.users) == 0 && len(c.domains) == 0 }

// isDomain tells a domain from an address of record.
func isDomain(name string) bool {
	return !strings.ContainsAny(name, "@:")
}

// domain returns the host part of an address of record, in lower case.
func (id Identity) domain() string {
	_, host, ok := strings.Cut(string(id), "@")
	if !ok {
		return ""
	}
	if end := strings.IndexAny(host, ";?>"); end >= 0 {
		host = host[:end]
	}
	return strings.ToLower(host)
}
