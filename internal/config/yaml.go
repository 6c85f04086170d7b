package config

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

const (
	maxFile  = 1 << 20 // octets of a configuration file
	maxDepth = 64      // of brackets and of lists: far above what any key needs
)

// document turns YAML into nodes.
type document struct {
	file    string
	anchors map[string]*node
	faults  Faults
}

// parseYAML reads the one document of text. A nil node stands for an empty one.
func parseYAML(file string, text []byte) (root *node, faults Faults) {
	d := document{file: file, anchors: make(map[string]*node)}
	start := position{file: file, line: 1, column: 1}
	if problem := unfit(text); problem != "" {
		d.fault(start, "%s", problem)
		return nil, d.faults
	}
	defer func() {
		if p := recover(); p != nil { // the library panics on some input that is no YAML
			d.fault(start, "no YAML: %v", p)
			root, faults = nil, d.faults
		}
	}()
	tree, err := parser.ParseBytes(hideColons(text), 0, parser.AllowDuplicateMapKey())
	if err != nil {
		d.syntax(err)
		return nil, d.faults
	}
	for _, doc := range tree.Docs {
		if doc.Body == nil || doc.Body.Type() == ast.CommentType {
			continue
		}
		if root != nil {
			d.fault(d.position(doc.Body.GetToken()), "a second document: one file is one configuration")
			break
		}
		root = d.node(doc.Body)
	}
	return root, d.faults
}

// unfit says why text cannot be a configuration file, before it is parsed.
func unfit(text []byte) string {
	switch {
	case len(text) > maxFile:
		return fmt.Sprintf("larger than %s", Size(maxFile))
	case !utf8.Valid(text):
		return "not UTF-8"
	case bytes.ContainsRune(text, hiddenColon):
		return "holds the character U+E03A"
	}
	deep := bytes.Repeat([]byte("- "), maxDepth)
	depth := 0
	for i, b := range text {
		switch b {
		case '[', '{':
			depth++
		case ']', '}':
			depth = max(depth-1, 0)
		}
		// The library takes ever longer with each level of nesting.
		if depth > maxDepth || b == '-' && bytes.HasPrefix(text[i:], deep) {
			return "nested too deeply"
		}
	}
	return ""
}

// syntax reports a parser's error.
func (d *document) syntax(err error) {
	at := position{file: d.file, line: 1, column: 1}
	text := err.Error()
	var syntax *yaml.SyntaxError
	if errors.As(err, &syntax) {
		at, text = d.position(syntax.GetToken()), syntax.GetMessage()
	}
	d.fault(at, "no YAML: %s", strings.ReplaceAll(text, "\n", " "))
}

func (d *document) fault(at position, format string, args ...any) {
	d.faults = append(d.faults, Fault{File: at.file, Line: at.line, Column: at.column, Text: fmt.Sprintf(format, args...)})
}

func (d *document) position(t *token.Token) position {
	if t == nil || t.Position == nil {
		return position{file: d.file, line: 1, column: 1}
	}
	return position{file: d.file, line: t.Position.Line, column: t.Position.Column}
}

// node converts what the library parsed.
func (d *document) node(from ast.Node) *node {
	n := &node{at: d.position(from.GetToken())}
	switch from := from.(type) {
	case *ast.NullNode:
	case *ast.StringNode:
		n.shape, n.text = scalar, showColons(from.Value)
	case *ast.LiteralNode:
		n.shape, n.text = scalar, showColons(from.Value.Value)
	case *ast.TagNode:
		return d.node(from.Value)
	case *ast.AnchorNode:
		n = d.node(from.Value)
		d.anchors[from.Name.GetToken().Value] = n
	case *ast.AliasNode:
		name := from.Value.GetToken().Value
		if anchored, ok := d.anchors[name]; ok {
			return anchored
		}
		d.fault(n.at, "no anchor %q before here", name)
	case *ast.SequenceNode:
		n.shape = list
		for _, item := range from.Values {
			n.items = append(n.items, d.node(item))
		}
	case *ast.MappingNode:
		d.pairs(n, from.Values)
	case *ast.MappingValueNode:
		d.pairs(n, []*ast.MappingValueNode{from})
	default: // numbers, booleans and the like: as they are written
		n.shape, n.text = scalar, showColons(from.GetToken().Value)
	}
	return n
}

// pairs makes a mapping of n; keys merged with << stand behind its own.
func (d *document) pairs(n *node, from []*ast.MappingValueNode) {
	n.shape = mapping
	if len(from) > 0 {
		n.at = d.position(from[0].Key.GetToken())
	}
	seen := make(map[string]bool)
	var merged []pair
	for _, entry := range from {
		at, key := d.position(entry.Key.GetToken()), showColons(entry.Key.GetToken().Value)
		value := d.node(entry.Value)
		if value.shape == absent {
			value.at = at // nothing stands nowhere
		}
		switch {
		case entry.Key.IsMergeKey():
			merged = append(merged, d.merge(at, value)...)
		case seen[key]:
			d.fault(at, "%s stands twice", key)
		default:
			seen[key] = true
			n.pairs = append(n.pairs, pair{key: key, at: at, value: value})
		}
	}
	for _, p := range merged {
		if !seen[p.key] {
			seen[p.key] = true
			n.pairs = append(n.pairs, p)
		}
	}
}

// merge returns the pairs of the mapping, or of the list of mappings, behind <<.
func (d *document) merge(at position, n *node) []pair {
	switch n.shape {
	case mapping:
		return n.pairs
	case list:
		var pairs []pair
		for _, item := range n.items {
			pairs = append(pairs, item.pairs...)
		}
		return pairs
	default:
		d.fault(at, "<< takes a mapping, not %s", n.shape)
		return nil
	}
}
