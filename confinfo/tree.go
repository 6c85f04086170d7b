package confinfo

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
)

// Limits bound what [Unmarshal] reads. A zero field stands for its default.
type Limits struct {
	Size  int // octets; default 1 MiB
	Depth int // of nested elements; default 32
}

func (l Limits) withDefaults() Limits {
	if l.Size == 0 {
		l.Size = 1 << 20
	}
	if l.Depth == 0 {
		l.Depth = 32
	}
	return l
}

// Error says why octets are no document.
type Error struct{ Problem string }

// Error implements error.
func (e *Error) Error() string { return "confinfo: " + e.Problem }

const blanks = " \t\r\n" // white space as XML knows it

// node is an element of the namespace; a nil node is an element that is absent,
// and reads as empty.
type node struct {
	name     string
	attrs    []xml.Attr
	nickname string
	text     string
	children []*node
}

func (n *node) attr(name string) string {
	for _, a := range n.attrs {
		if a.Name.Space == "" && a.Name.Local == name {
			return strings.Trim(a.Value, blanks)
		}
	}
	return ""
}

func (n *node) child(name string) *node {
	if n == nil {
		return nil
	}
	for _, c := range n.children {
		if c.name == name {
			return c
		}
	}
	return nil
}

func (n *node) textOf(name string) string {
	if c := n.child(name); c != nil {
		return c.text
	}
	return ""
}

func (n *node) all(name string) []*node {
	if n == nil {
		return nil
	}
	var list []*node
	for _, c := range n.children {
		if c.name == name {
			list = append(list, c)
		}
	}
	return list
}

// treeParser builds the nodes. Elements of other namespaces are read past.
type treeParser struct {
	d     *xml.Decoder
	lim   Limits
	space string // of the root
	stack []*node
	text  [][]byte // per open element
	alien int      // depth inside a foreign element
}

// parseTree reads the document's elements. encoding/xml expands no external and
// no custom entity; a document type declaration is refused all the same.
func parseTree(b []byte, lim Limits) (*node, error) {
	if len(b) > lim.Size {
		return nil, &Error{"document too large"}
	}
	p := treeParser{d: xml.NewDecoder(bytes.NewReader(b)), lim: lim}
	p.d.CharsetReader = charset
	var root *node
	for {
		token, err := p.d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, &Error{"not well-formed: " + err.Error()}
		}
		n, err := p.take(token)
		if err != nil {
			return nil, err
		}
		if n == nil {
			continue
		}
		if root != nil {
			return nil, &Error{"more than one root"}
		}
		root = n
	}
	if root == nil {
		return nil, &Error{"no element"}
	}
	return root, nil
}

// charset lets through the names under which UTF-8 and its subset are declared.
func charset(label string, r io.Reader) (io.Reader, error) {
	if strings.EqualFold(label, "us-ascii") || strings.EqualFold(label, "utf8") {
		return r, nil
	}
	return nil, &Error{"character set is not UTF-8"}
}

// take handles one token and returns the root once it is complete.
func (p *treeParser) take(token xml.Token) (*node, error) {
	switch t := token.(type) {
	case xml.Directive:
		return nil, &Error{"document type declaration"}
	case xml.StartElement:
		return nil, p.start(t)
	case xml.EndElement:
		return p.end(), nil
	case xml.CharData:
		if p.alien == 0 && len(p.stack) > 0 {
			top := len(p.text) - 1
			p.text[top] = append(p.text[top], t...)
		}
	}
	return nil, nil
}

func (p *treeParser) start(t xml.StartElement) error {
	if len(p.stack)+p.alien >= p.lim.Depth {
		return &Error{"elements nested too deeply"}
	}
	if len(p.stack) == 0 && p.alien == 0 {
		if t.Name.Space != Namespace && t.Name.Space != "" {
			return &Error{"root of another namespace"}
		}
		p.space = t.Name.Space
	}
	if p.alien > 0 || t.Name.Space != p.space {
		p.alien++
		return nil
	}
	n := &node{name: t.Name.Local, attrs: t.Attr}
	for _, a := range t.Attr {
		if a.Name.Space == namespaceXCON && a.Name.Local == "nickname" {
			n.nickname = a.Value
		}
	}
	if len(p.stack) > 0 {
		parent := p.stack[len(p.stack)-1]
		parent.children = append(parent.children, n)
	}
	p.stack = append(p.stack, n)
	p.text = append(p.text, nil)
	return nil
}

func (p *treeParser) end() *node {
	if p.alien > 0 {
		p.alien--
		return nil
	}
	top := len(p.stack) - 1
	n := p.stack[top]
	if n.children == nil {
		n.text = strings.Trim(string(p.text[top]), blanks)
	}
	p.stack, p.text = p.stack[:top], p.text[:top]
	if top == 0 {
		return n
	}
	return nil
}
