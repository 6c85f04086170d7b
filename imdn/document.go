package imdn

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// Limits of documents, which hold a few short lines.
const (
	maxSize  = 16 << 10 // octets
	maxDepth = 16       // elements within each other
)

// walk reads a document whose root has that name, in one of the namespaces, and
// tells each element of the root's namespace below it at its end: its path, without
// the root, and its own text. Elements of other namespaces are passed over with
// everything in them. The error wraps ErrUnreadable.
func walk(b []byte, root string, namespaces []string, tell func(path, text string)) error {
	if len(b) > maxSize {
		return fmt.Errorf("%w: over %d octets", ErrUnreadable, maxSize)
	}
	w := walker{root: root, namespaces: namespaces, tell: tell}
	d := xml.NewDecoder(bytes.NewReader(b))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = w.take(token)
		}
		if err != nil {
			return fmt.Errorf("%w: %w", ErrUnreadable, err)
		}
	}
	if !w.done {
		return fmt.Errorf("%w: no document", ErrUnreadable)
	}
	return nil
}

// Errors within a document.
var (
	errDeclaration = errors.New("document type declaration")
	errDepth       = errors.New("nested too deeply")
	errRoot        = errors.New("another kind of document")
)

type walker struct {
	// fixed
	root       string
	namespaces []string // of the root
	tell       func(path, text string)

	space string // namespace of the root that came
	names []string
	texts []string
	skip  int // depth inside an element that is passed over
	done  bool
}

func (w *walker) take(token xml.Token) error {
	switch t := token.(type) {
	case xml.Directive:
		return errDeclaration
	case xml.StartElement:
		return w.start(t.Name)
	case xml.EndElement:
		w.end()
	case xml.CharData:
		switch {
		case w.skip > 0:
		case len(w.texts) > 0:
			w.texts[len(w.texts)-1] += string(t)
		case strings.Trim(string(t), "\ufeff \t\r\n") != "":
			return errRoot
		}
	}
	return nil
}

func (w *walker) start(name xml.Name) error {
	switch {
	case len(w.names)+w.skip >= maxDepth:
		return errDepth
	case w.skip > 0 || len(w.names) > 0 && name.Space != w.space:
		w.skip++
		return nil
	case len(w.names) == 0:
		if w.done || name.Local != w.root || !slices.Contains(w.namespaces, name.Space) {
			return errRoot
		}
		w.space = name.Space
	}
	w.names, w.texts = append(w.names, name.Local), append(w.texts, "")
	return nil
}

func (w *walker) end() {
	if w.skip > 0 {
		w.skip--
		return
	}
	last := len(w.names) - 1
	if last > 0 {
		w.tell(strings.Join(w.names[1:], "/"), w.texts[last])
	}
	w.names, w.texts = w.names[:last], w.texts[:last]
	w.done = last == 0
}

// writer builds a document of simple elements.
type writer struct {
	b   []byte
	bad bool // something was no text that XML can hold
}

func (w *writer) raw(parts ...string) {
	for _, part := range parts {
		w.b = append(w.b, part...)
	}
}

func (w *writer) element(name, text string) {
	w.bad = w.bad || !isText(text)
	var escaped bytes.Buffer
	_ = xml.EscapeText(&escaped, []byte(text)) // a Buffer takes everything
	w.raw("<", name, ">", escaped.String(), "</", name, ">")
}

func (w *writer) optional(name, text string) {
	if text != "" {
		w.element(name, text)
	}
}

// isText reports whether XML 1.0 §2.2 has all characters of s.
func isText(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == '\uFFFE' || r == '\uFFFF'
	})
}
