package resourcelist

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// Parse reads a document. Elements and attributes of other namespaces are passed over,
// and so are lists within a list, <entry-ref> and <external>: nothing is expanded or
// fetched (RFC 5366 §4). Duplicates stay; see [Unite].
//
// The error is a [*sip.Error]: 413 for a document over the limit of size, 403 for one
// of more entries than allowed, and 400 for one that is not well-formed XML in UTF-8,
// has a document type declaration, is nested too deeply, is no resource-lists, or has
// an entry without a URI. [FOC-LST-05] [FOC-LST-07] [FOC-LST-09]
func Parse(b []byte, lim Limits) (List, error) {
	lim = lim.withDefaults()
	return parse(b, lim, lim.Entries)
}

// parse reads a document of at most room entries; lim has its defaults.
func parse(b []byte, lim Limits, room int) (List, error) {
	if len(b) > lim.Size {
		return nil, &sip.Error{Status: 413, Reason: "Recipient List Too Large"}
	}
	p := parser{d: xml.NewDecoder(bytes.NewReader(b)), lim: lim, room: room}
	for {
		token, err := p.d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, &sip.Error{Status: 400, Reason: badList + " (XML)", Cause: err}
		}
		if err := p.take(token); err != nil {
			return nil, err
		}
	}
	if p.root != done {
		return nil, bad("no root")
	}
	return p.list, nil
}

const badList = "Bad Recipient List"

func bad(problem string) *sip.Error {
	return &sip.Error{Status: 400, Reason: badList + " (" + problem + ")"}
}

func (l Limits) tooMany() *sip.Error {
	text := "at most " + strconv.Itoa(l.Entries) + " recipients in a list"
	return &sip.Error{
		Status:  403,
		Reason:  "Too Many Recipients",
		Warning: sipmsg.Warning{Code: 399, Agent: l.Agent, Text: text}.String(),
	}
}

// stage of a document.
type stage uint8

const (
	prolog stage = iota
	inside
	done
)

// parser walks through a document without keeping a tree of it.
type parser struct {
	d    *xml.Decoder
	lim  Limits
	room int // how many entries there may be
	list List

	root  stage
	space string // namespace of the root
	path  []element
	skip  int // depth inside an element that is passed over
	named bool
}

// element is what an open element is to us.
type element uint8

const (
	rootElement element = iota
	listElement
	entryElement
	nameElement
)

func (p *parser) take(token xml.Token) error {
	switch t := token.(type) {
	case xml.Directive:
		return bad("document type declaration")
	case xml.StartElement:
		return p.start(t)
	case xml.EndElement:
		p.end()
	case xml.CharData:
		return p.text(t)
	}
	return nil
}

func (p *parser) start(t xml.StartElement) error {
	if len(p.path)+p.skip >= p.lim.Depth {
		return bad("nested too deeply")
	}
	if repeated(t.Attr) {
		return bad("attribute twice")
	}
	if p.skip > 0 || len(p.path) > 0 && t.Name.Space != p.space {
		p.skip++
		return nil
	}
	if len(p.path) == 0 {
		return p.begin(t)
	}
	return p.open(t, p.path[len(p.path)-1])
}

// open enters an element of ours below parent, or begins to pass over it.
func (p *parser) open(t xml.StartElement, parent element) error {
	name := t.Name.Local
	switch {
	case parent == rootElement && name == "list":
		p.path = append(p.path, listElement)
	case parent == listElement && name == "entry":
		p.path = append(p.path, entryElement)
		return p.entry(t.Attr)
	case parent == entryElement && name == "display-name":
		p.path = append(p.path, nameElement)
		p.named = p.list[len(p.list)-1].Display != ""
	case p.lim.Strict && parent == listElement && reference(name):
		return bad(name + " is not supported")
	default:
		p.skip++
	}
	return nil
}

// reference tells whether an element stands for entries that are somewhere else, or
// deeper.
func reference(name string) bool {
	return name == "list" || name == "entry-ref" || name == "external"
}

func (p *parser) begin(t xml.StartElement) error {
	if p.root != prolog {
		return bad("two roots")
	}
	if t.Name.Local != "resource-lists" || t.Name.Space != Namespace && t.Name.Space != "" {
		return bad("no resource-lists")
	}
	p.root, p.space = inside, t.Name.Space
	p.path = append(p.path, rootElement)
	return nil
}

func (p *parser) end() {
	if p.skip > 0 {
		p.skip--
		return
	}
	if p.path = p.path[:len(p.path)-1]; len(p.path) == 0 {
		p.root = done
		return
	}
	if p.path[len(p.path)-1] == entryElement {
		e := &p.list[len(p.list)-1]
		e.Display = strings.TrimSpace(e.Display)
	}
}

func (p *parser) text(t xml.CharData) error {
	if len(p.path) == 0 && len(bytes.TrimLeft(t, "\ufeff \t\r\n")) > 0 {
		return bad("text outside the root")
	}
	if p.skip == 0 && !p.named && len(p.path) > 0 && p.path[len(p.path)-1] == nameElement {
		e := &p.list[len(p.list)-1]
		e.Display += string(t)
	}
	return nil
}

func repeated(attrs []xml.Attr) bool {
	for i := range attrs {
		for j := range i {
			if attrs[i].Name == attrs[j].Name {
				return true
			}
		}
	}
	return false
}
