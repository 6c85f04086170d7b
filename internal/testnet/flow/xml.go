package flow

import (
	"encoding/xml"
	"fmt"
	"strings"
)

// element is an element of an XML document.
type element struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Children []element  `xml:",any"`
	Text     string     `xml:",chardata"`
}

// document holds an XML document against one that is written down.
func document(want string, got []byte, w words) error {
	var written, found element
	if err := xml.Unmarshal([]byte(want), &written); err != nil {
		return fmt.Errorf("the document of the step: %w", err)
	}
	if err := xml.Unmarshal(got, &found); err != nil {
		return fmt.Errorf("the document: %w\n%s", err, got)
	}
	if err := written.fits(&found, w); err != nil {
		return fmt.Errorf("%w\n%s", err, got)
	}
	return nil
}

// fits reports what another element lacks of this one: its name, attributes, text, and
// of each kind of child just as many, in their order.
func (e *element) fits(got *element, w words) error {
	name := e.XMLName.Local
	if e.XMLName != got.XMLName {
		return fmt.Errorf("<%s> is %s", name, got.XMLName)
	}
	for _, want := range e.Attrs {
		if want.Name.Local == "xmlns" || want.Name.Space == "xmlns" {
			continue
		}
		if value, ok := got.attribute(want.Name); !ok || !w.fits(want.Value, value) {
			return fmt.Errorf("<%s>: %s is %q, want %q", name, want.Name.Local, value, want.Value)
		}
	}
	if text := strings.TrimSpace(e.Text); text != "" && !w.fits(text, strings.TrimSpace(got.Text)) {
		return fmt.Errorf("<%s> is %q, want %q", name, strings.TrimSpace(got.Text), text)
	}
	seen := make(map[xml.Name]int)
	for i := range e.Children {
		child := &e.Children[i]
		all := got.named(child.XMLName)
		if seen[child.XMLName]++; seen[child.XMLName] > len(all) {
			return fmt.Errorf("<%s> has %d <%s>", name, len(all), child.XMLName.Local)
		}
		if err := child.fits(all[seen[child.XMLName]-1], w); err != nil {
			return fmt.Errorf("<%s>: %w", name, err)
		}
	}
	for kind, n := range seen {
		if all := got.named(kind); len(all) != n {
			return fmt.Errorf("<%s> has %d <%s>, want %d", name, len(all), kind.Local, n)
		}
	}
	return nil
}

func (e *element) attribute(name xml.Name) (string, bool) {
	for _, a := range e.Attrs {
		if a.Name == name {
			return a.Value, true
		}
	}
	return "", false
}

// named returns the children of a name.
func (e *element) named(name xml.Name) []*element {
	var out []*element
	for i := range e.Children {
		if e.Children[i].XMLName == name {
			out = append(out, &e.Children[i])
		}
	}
	return out
}
