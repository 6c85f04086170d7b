package config

import (
	"fmt"
	"slices"
)

// entry is one key of the file.
type entry struct {
	name string // within its mapping
	doc  string // what it means, on one line
	setting
}

// setting is the value behind a key: it reads itself from a node and prints
// itself. It keeps its old value where the node is at fault.
type setting interface {
	shape() shape
	read(r *reader, key string, n *node)
	print(p *printer, depth int)
}

// value is a setting of one scalar.
type value[T any] struct {
	to     *T
	parse  func(string) (T, error)
	format func(T) string
}

func (value[T]) shape() shape { return scalar }

func (v value[T]) read(r *reader, key string, n *node) {
	text, ok := r.text(key, n)
	if !ok {
		return
	}
	parsed, err := v.parse(text)
	if err != nil {
		r.misread(n.at, key, "%v", err)
		return
	}
	*v.to = parsed
}

func (v value[T]) print(p *printer, _ int) { p.inline(quote(v.format(*v.to))) }

// values is a setting of a list of scalars.
type values[T any] struct {
	to     *[]T
	parse  func(string) (T, error)
	format func(T) string
}

func (values[T]) shape() shape { return list }

func (v values[T]) read(r *reader, key string, n *node) {
	if !r.expect(key, n, list) {
		return
	}
	parsed := make([]T, len(n.items))
	for i, item := range n.items {
		at := fmt.Sprintf("%s[%d]", key, i)
		r.where[at] = item.at
		value[T]{to: &parsed[i], parse: v.parse}.read(r, at, item)
	}
	*v.to = parsed
	if len(parsed) == 0 {
		*v.to = nil
	}
}

func (v values[T]) print(p *printer, depth int) {
	p.listing(len(*v.to))
	for _, item := range *v.to {
		p.line(depth, "- "+quote(v.format(item)))
	}
}

// section is a setting of keys of its own.
type section []entry

func (section) shape() shape { return mapping }

func (s section) read(r *reader, key string, n *node) {
	if n.shape != absent && !r.expect(key, n, mapping) {
		return
	}
	for _, e := range s {
		s.readEntry(r, join(key, e.name), e, n)
	}
	for _, p := range n.pairs {
		if !slices.ContainsFunc(s, func(e entry) bool { return e.name == p.key }) {
			r.fault(p.at, "", "unknown key %q", join(key, p.key))
		}
	}
}

// readEntry reads e from the environment, or else from the pair of n, if any.
func (section) readEntry(r *reader, key string, e entry, n *node) {
	given := r.override(key, e.setting.shape())
	if given == nil {
		at := slices.IndexFunc(n.pairs, func(p pair) bool { return p.key == e.name })
		switch {
		case at >= 0:
			given = n.pairs[at].value
		case e.setting.shape() == mapping: // its keys may stand in the environment
			e.read(r, key, &node{})
			return
		default:
			return
		}
	}
	r.where[key] = given.at
	e.read(r, key, given)
}

func (s section) print(p *printer, depth int) {
	p.end()
	p.entries(depth, s)
}

// sections is a setting of a list of mappings with the same keys.
type sections[T any] struct {
	to    *[]T
	fresh func() T              // an item of which nothing is said
	keys  func(item *T) section // the keys of an item
}

func (sections[T]) shape() shape { return list }

func (s sections[T]) read(r *reader, key string, n *node) {
	if !r.expect(key, n, list) {
		return
	}
	var items []T
	for i, from := range n.items {
		item, at := s.fresh(), fmt.Sprintf("%s[%d]", key, i)
		r.where[at] = from.at
		if r.expect(at, from, mapping) {
			s.keys(&item).read(r, at, from)
		}
		items = append(items, item)
	}
	*s.to = items
}

func (s sections[T]) print(p *printer, depth int) {
	p.listing(len(*s.to))
	for i := range *s.to {
		p.item(depth, s.keys(&(*s.to)[i]))
	}
}

// join makes the key of a name within a section.
func join(key, name string) string {
	if key == "" {
		return name
	}
	return key + "." + name
}
