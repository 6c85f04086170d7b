package config

import (
	"strings"
)

// walk visits the keys that have a value, those of lists as one, in the order of the
// file.
func (s section) walk(above string, visit func(key string, e *entry)) {
	for i := range s {
		e := &s[i]
		if below, ok := e.setting.(section); ok {
			below.walk(above+e.name+".", visit)
			continue
		}
		visit(above+e.name, e)
	}
}

// text is the value as the file would have it.
func (e *entry) text() string {
	var p printer
	e.print(&p, 0)
	return strings.TrimSpace(p.out.String())
}

// Changed returns the keys whose values differ.
func Changed(a, b *Config) []string {
	before := make(map[string]string)
	one, other := *a, *b
	keys(&one).walk("", func(key string, e *entry) { before[key] = e.text() })
	var changed []string
	keys(&other).walk("", func(key string, e *entry) {
		if before[key] != e.text() {
			changed = append(changed, key)
		}
	})
	return changed
}
