package config

import (
	"fmt"
	"strings"
)

// Lookup finds an environment variable, as os.LookupEnv does.
type Lookup func(name string) (string, bool)

// reader walks the table of keys along a file and collects what is wrong.
type reader struct {
	env    Lookup
	faults Faults
	where  map[string]position // of the value of each key that was given
	bad    map[string]bool     // keys whose value could not be read
	file   string
}

func newReader(file string, env Lookup) *reader {
	return &reader{env: env, file: file, where: make(map[string]position), bad: make(map[string]bool)}
}

// misread reports why the value of key could not be read.
func (r *reader) misread(at position, key, format string, args ...any) {
	r.bad[key] = true
	r.fault(at, key, format, args...)
}

// fault reports something at a place, about key if that is not empty.
func (r *reader) fault(at position, key, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if key != "" {
		text = key + ": " + text
	}
	r.faults = append(r.faults, Fault{File: at.file, Line: at.line, Column: at.column, Text: text})
}

// place finds where the value of key was given, or else that of the nearest key
// around it, or else the beginning of the file.
func (r *reader) place(key string) position {
	for key != "" {
		if at, ok := r.where[key]; ok {
			return at
		}
		key = key[:max(strings.LastIndexAny(key, ".["), 0)]
	}
	return position{file: r.file, line: 1, column: 1}
}

// given reports whether the file or the environment has the key.
func (r *reader) given(key string) bool {
	_, ok := r.where[key]
	return ok
}

// expect reports n unless it has the shape.
func (r *reader) expect(key string, n *node, want shape) bool {
	if n.shape != want {
		r.misread(n.at, key, "needs %s and has %s", want, n.shape)
	}
	return n.shape == want
}

// text returns the text of a scalar with variables put in.
func (r *reader) text(key string, n *node) (string, bool) {
	if n.shape == absent {
		r.misread(n.at, key, `has no value; "" means empty`)
		return "", false
	}
	if !r.expect(key, n, scalar) {
		return "", false
	}
	text, err := expand(n.text, r.env)
	if err == nil {
		err = printable(text)
	}
	if err != nil {
		r.misread(n.at, key, "%v", err)
	}
	return text, err == nil
}

// override returns the value that the environment gives a key, as a node of the
// shape that its setting reads; nil if there is none.
func (r *reader) override(key string, want shape) *node {
	if strings.Contains(key, "[") || want == mapping {
		return nil // only single keys, and none within a list
	}
	name := Variable(key)
	value, ok := r.env(name)
	if !ok {
		return nil
	}
	at := position{file: name, line: 1, column: 1}
	if want == scalar {
		return &node{at: at, shape: scalar, text: value}
	}
	if strings.HasPrefix(strings.TrimSpace(value), "[") {
		n, faults := parseYAML(name, []byte(value))
		r.faults = append(r.faults, faults...)
		return n
	}
	n := &node{at: at, shape: list}
	for item := range strings.SplitSeq(value, ",") {
		if item = strings.TrimSpace(item); item != "" {
			n.items = append(n.items, &node{at: at, shape: scalar, text: item})
		}
	}
	return n
}

// Variable names the environment variable that overrides a key: sip.listen is
// CONFAB_SIP_LISTEN. Lists are given with commas, or as YAML in brackets.
func Variable(key string) string {
	return "CONFAB_" + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
}
