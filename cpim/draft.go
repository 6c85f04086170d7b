package cpim

import (
	"strings"
	"time"
)

// Draft is an object to be written.
type Draft struct {
	From     Party
	To       []Party // at least one
	CC       []Party
	DateTime time.Time // left out if zero; clients always set it [CPIM-06]
	Subject  string    // left out if empty
	// Bindings declare the prefixes that Headers use.
	Bindings []Binding
	// Headers are further headers, prefix included in the name.
	Headers []Pair
	// MIME are fields of the content other than Content-Type.
	MIME        []Pair
	ContentType string
	Content     []byte
}

// Party is somebody a message comes from or goes to.
type Party struct {
	Name string // shown to people; may be empty
	URI  string
}

// Binding declares a prefix for a namespace.
type Binding struct{ Prefix, Namespace string }

// Pair is a header or field to be written. The value is plain: escapes are added.
type Pair struct{ Name, Value string }

// layout returns RFC 3339 with milliseconds if t has any.
func layout(t time.Time) string {
	if t.Nanosecond() < int(time.Millisecond) {
		return time.RFC3339
	}
	return "2006-01-02T15:04:05.000Z07:00"
}

// Append appends the object in the strict form of RFC 3862: CPIM headers, an
// empty line, MIME fields, an empty line, the content, every line ended by CRLF.
// If it cannot be written dst is returned as it was, with an error that wraps
// ErrUnwritable. [CPIM-01] [CPIM-11]
func (d *Draft) Append(dst []byte) ([]byte, error) {
	if err := d.writable(); err != nil {
		return dst, err
	}
	dst = d.From.append(dst, "From: ")
	for _, to := range d.To {
		dst = to.append(dst, "To: ")
	}
	for _, cc := range d.CC {
		dst = cc.append(dst, "cc: ")
	}
	if !d.DateTime.IsZero() {
		dst = append(d.DateTime.AppendFormat(append(dst, "DateTime: "...), layout(d.DateTime)), "\r\n"...)
	}
	if d.Subject != "" {
		dst = Pair{"Subject", d.Subject}.append(dst)
	}
	for _, b := range d.Bindings {
		dst = appendAll(dst, "NS: ", b.Prefix, " <", b.Namespace, ">\r\n")
	}
	for _, h := range d.Headers {
		dst = h.append(dst)
	}
	dst = append(dst, "\r\n"...)
	for _, f := range d.MIME {
		dst = appendAll(dst, f.Name, ": ", f.Value, "\r\n")
	}
	dst = appendAll(dst, "Content-Type: ", d.ContentType, "\r\n\r\n")
	return append(dst, d.Content...), nil
}

func appendAll(dst []byte, parts ...string) []byte {
	for _, part := range parts {
		dst = append(dst, part...)
	}
	return dst
}

// append appends a CPIM header.
func (h Pair) append(dst []byte) []byte {
	dst = appendEscaped(appendAll(dst, h.Name, ": "), h.Value, false)
	return append(dst, "\r\n"...)
}

// append appends a header with an address. Brackets are left out of the name: in
// whatever form, a reader might take them for those of the URI. [SW-PUB-21]
func (p Party) append(dst []byte, header string) []byte {
	dst = append(dst, header...)
	name := strings.Map(unbracketed, p.Name)
	switch {
	case name == "":
	case isWords(name):
		dst = appendAll(dst, name, " ")
	default:
		dst = appendEscaped(append(dst, '"'), name, true)
		dst = append(dst, `" `...)
	}
	return appendAll(dst, "<", p.URI, ">\r\n")
}

// unbracketed leaves the brackets of a URI out.
func unbracketed(r rune) rune {
	if r == '<' || r == '>' {
		return -1
	}
	return r
}

// isWords reports whether name is tokens with single blanks between, which need
// no quotes.
func isWords(name string) bool {
	for word := range strings.SplitSeq(name, " ") {
		if word == "" || !allIn(word, classWord) {
			return false
		}
	}
	return !hasControl(name)
}

func hasControl(s string) bool { return strings.ContainsFunc(s, isControl) }

func (d *Draft) writable() error {
	if len(d.To) == 0 || !d.haveURIs() {
		return unwritable("From, To or cc")
	}
	for _, b := range d.Bindings {
		if !isName(b.Prefix) || !isURI(b.Namespace) {
			return unwritable("namespace")
		}
	}
	for _, h := range d.Headers {
		if prefix, local, dot := strings.Cut(h.Name, "."); !isName(prefix) || dot && !isName(local) {
			return unwritable("header name")
		}
	}
	for _, f := range d.MIME {
		if !isMIMEToken(f.Name) || hasControl(f.Value) {
			return unwritable("content header")
		}
	}
	if d.ContentType == "" || hasControl(d.ContentType) {
		return unwritable("Content-Type")
	}
	return nil
}

// haveURIs reports whether every party has a URI that can be written.
func (d *Draft) haveURIs() bool {
	for _, list := range [...][]Party{{d.From}, d.To, d.CC} {
		for _, p := range list {
			if !isURI(p.URI) {
				return false
			}
		}
	}
	return true
}

func isName(s string) bool { return s != "" && allIn(s, className) }

func isMIMEToken(s string) bool { return s != "" && allIn(s, classMIME) }

func isURI(s string) bool { return isAbsoluteURI([]byte(s)) && !hasControl(s) }
