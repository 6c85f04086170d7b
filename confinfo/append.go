package confinfo

import (
	"strconv"
	"strings"
)

// Append writes the document. Children stand in schema order, lists that may
// not be empty are left out when they are, and every state is written: a missing
// one would mean full and wipe a subscriber's roster. [NOT-NFY-10]
func (d *Document) Append(dst []byte) []byte {
	w := writer{b: dst}
	w.documentHead(d)
	w.b = strconv.AppendUint(w.b, uint64(d.Version), 10)
	w.documentTail(d)
	return w.b
}

// Template is a document written once for many subscribers, who differ in its
// version.
type Template struct {
	octets  []byte // under version 1
	version int    // where that stands
}

// NewTemplate writes d for reuse.
func NewTemplate(d *Document) Template {
	var w writer
	w.documentHead(d)
	t := Template{version: len(w.b)}
	w.raw("1")
	w.documentTail(d)
	t.octets = w.b
	return t
}

// Append writes the document with the given version. The Template may be used
// by several goroutines.
func (t Template) Append(dst []byte, version uint32) []byte {
	dst = append(dst, t.octets[:t.version]...)
	dst = strconv.AppendUint(dst, uint64(version), 10)
	return append(dst, t.octets[t.version+1:]...)
}

// Document returns the document with the given version. Those of version 1, which every
// subscriber gets first, are the same octets: they are not to be changed.
func (t Template) Document(version uint32) []byte {
	if version == 1 {
		return t.octets
	}
	const digits = 10 // of the largest version
	return t.Append(make([]byte, 0, len(t.octets)+digits), version)
}

// Size is the length of the document in octets, under a version of one digit.
func (t Template) Size() int { return len(t.octets) }

// documentHead writes up to the version's value.
func (w *writer) documentHead(d *Document) {
	w.raw("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<conference-info xmlns=\"" + Namespace + `"`)
	if d.hasNickname() {
		w.raw(` xmlns:xcon="` + namespaceXCON + `"`)
	}
	w.uriAttr("entity", d.Entity)
	w.attr("state", d.State.String())
	w.raw(` version="`)
}

func (w *writer) documentTail(d *Document) {
	// A deleted parent has no children (RFC 4575 §4.4).
	if d.State == Deleted {
		w.raw("\"/>\n")
		return
	}
	w.raw(`">`)
	full := d.State == Full
	if d.Description != nil {
		w.description(d.Description)
	} else if full {
		w.description(&Description{})
	}
	if h := d.Host; h != nil {
		w.host(h)
	}
	if s := d.ConferenceState; s != nil {
		w.open("conference-state")
		w.number("user-count", s.UserCount)
		w.boolean("active", s.Active)
		w.boolean("locked", s.Locked)
		w.close("conference-state")
	}
	switch {
	case d.Users != nil:
		w.users(d.Users)
	case full:
		w.raw(`<users state="full"/>`)
	}
	w.raw("</conference-info>\n")
}

func (w *writer) description(d *Description) {
	w.open("conference-description")
	w.text("display-text", d.DisplayText)
	w.text("subject", d.Subject)
	w.text("free-text", d.FreeText)
	w.text("keywords", strings.Join(d.Keywords, " "))
	w.uris("conf-uris", d.ConferenceURIs)
	w.uris("service-uris", d.ServiceURIs)
	if d.MaximumUserCount > 0 {
		w.number("maximum-user-count", d.MaximumUserCount)
	}
	if len(d.AvailableMedia) > 0 {
		w.open("available-media")
		for i := range d.AvailableMedia {
			m := &d.AvailableMedia[i]
			w.raw("<entry")
			w.attr("label", m.Label)
			w.raw(">")
			w.text("display-text", m.DisplayText)
			w.open("type") // mandatory in the schema
			w.escape(m.Type)
			w.close("type")
			w.word("status", string(m.Status.known()))
			w.close("entry")
		}
		w.close("available-media")
	}
	w.close("conference-description")
}

func (w *writer) host(h *Host) {
	w.open("host-info")
	w.text("display-text", h.DisplayText)
	w.uri("web-page", h.WebPage)
	w.uris("uris", h.URIs)
	w.close("host-info")
}

func (w *writer) uris(name string, list []URI) {
	if len(list) == 0 {
		return
	}
	w.open(name)
	for i := range list {
		u := &list[i]
		w.open("entry")
		w.open("uri")
		w.escapeURI(u.URI)
		w.close("uri")
		w.text("display-text", u.DisplayText)
		w.text("purpose", u.Purpose)
		w.execution("modified", &u.Modified)
		w.close("entry")
	}
	w.close(name)
}

func (w *writer) execution(name string, e *Execution) {
	if e.IsZero() {
		return
	}
	w.open(name)
	w.time("when", e.When)
	w.text("reason", e.Reason)
	w.uri("by", e.By)
	w.close(name)
}
