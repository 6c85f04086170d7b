package cpim

import (
	"bytes"
	"iter"
	"time"
)

// Namespaces of header names (RFC 3862 §3.4).
const (
	Namespace     = "urn:ietf:params:cpim-headers:" // the default
	NamespaceIMDN = "urn:ietf:params:imdn"          // RFC 5438 §6
)

// Message is a view of a CPIM object: every slice points into the octets that
// were parsed and lives as long as they do. A Message must not be copied.
type Message struct {
	// From, To and CC hold every header that means it, in order, whatever
	// prefix it was written under. [CPIM-13]
	From, To, CC []Address
	// Headers are the CPIM headers, From and the others included, in order.
	Headers []Header
	// MIME are the fields that describe the content, in order.
	MIME []Field
	// HeaderLen is the length of the header block: the offset of the content.
	HeaderLen int
	// Content is what stands behind it, of the octets that were parsed.
	Content []byte

	bindings []binding

	// Room for what a usual message has, so that one allocation is enough.
	addresses   [3]Address // one each for From, To, CC
	headers     [10]Header
	fields      [3]Field
	firstBounds [2]binding
}

// Header is a CPIM header. Its value has escapes, see Unescape.
type Header struct {
	Namespace string // "" if its prefix is bound to none
	Prefix    []byte // as written, without "."
	Name      []byte // without the prefix; case-sensitive
	Params    []byte // ";lang=fr" and the like, nil if there are none
	Value     []byte // without the blanks around it
}

// Field is a MIME field. A folded value holds its line ends.
type Field struct{ Name, Value []byte }

// Lang returns the language of a header, nil if it says none. [CPIM-10]
func (h Header) Lang() []byte {
	const lang = ";lang="
	i := bytes.Index(h.Params, []byte(lang))
	if i < 0 {
		return nil
	}
	tag, _, _ := bytes.Cut(h.Params[i+len(lang):], []byte{';'})
	return tag
}

// All yields the headers with that namespace and name. [CPIM-07]
func (m *Message) All(namespace, name string) iter.Seq[Header] {
	return func(yield func(Header) bool) {
		for _, h := range m.Headers {
			if h.is(namespace, name) && !yield(h) {
				return
			}
		}
	}
}

// Value returns the value of the first header with that namespace and name, nil
// if there is none. [CPIM-07]
func (m *Message) Value(namespace, name string) []byte {
	for i := range m.Headers {
		if m.Headers[i].is(namespace, name) {
			return m.Headers[i].Value
		}
	}
	return nil
}

func (h *Header) is(namespace, name string) bool {
	return string(h.Name) == name && h.Namespace == namespace
}

// ContentType returns the type of the content with its parameters, as octets;
// nil if there is none.
func (m *Message) ContentType() []byte { return m.Field("content-type") }

// MediaType returns type and subtype of the content as written; nil if there is
// none or it is malformed. Compare it without regard to case.
func (m *Message) MediaType() []byte {
	ct := m.ContentType()
	if i := bytes.IndexAny(ct, "; \t\r\n"); i >= 0 {
		ct = ct[:i:i]
	}
	slash := bytes.IndexByte(ct, '/')
	if slash <= 0 || slash == len(ct)-1 || !allIn(ct[:slash], classMIME) || !allIn(ct[slash+1:], classMIME) {
		return nil
	}
	return ct
}

// Field returns the value of the first MIME field with that name, which must be
// given in lower case; nil if there is none. [CPIM-04]
func (m *Message) Field(lower string) []byte {
	for i := range m.MIME {
		if equalFold(m.MIME[i].Name, lower) {
			return m.MIME[i].Value
		}
	}
	return nil
}

// DateTime returns when the message was sent as its sender has it. ok is false
// if it does not say so in the form of RFC 3339. [CPIM-06]
func (m *Message) DateTime() (t time.Time, ok bool) {
	t, err := time.Parse(time.RFC3339, string(m.Value(Namespace, "DateTime")))
	return t, err == nil
}

// Unmet returns the first header name or feature that the message requires its
// reader to understand and known does not report. [CPIM-08]
func (m *Message) Unmet(known func(namespace, name string) bool) (name string, found bool) {
	for h := range m.All(Namespace, "Require") {
		for item := range bytes.SplitSeq(h.Value, []byte{','}) {
			item = bytes.TrimSpace(item)
			prefix, local := splitPrefix(item)
			if len(item) > 0 && !known(m.resolve(prefix), string(local)) {
				return string(item), true
			}
		}
	}
	return "", false
}

// Sender returns the one From of the message. If it is missing, repeated or
// cannot be parsed the error is an *Error with status 403. Whether it may send
// is for the caller to judge. [SW-PUB-02] [SW-PUB-21]
func (m *Message) Sender() (Address, error) {
	switch {
	case len(m.From) == 0:
		return Address{}, forbidden("From missing")
	case len(m.From) > 1:
		return Address{}, forbidden("More than one From")
	case !m.From[0].Valid():
		return Address{}, forbidden("Malformed From")
	}
	return m.From[0], nil
}

// Recipient returns the one To of the message. Several To or a cc are refused
// with an *Error of status 403, a missing or malformed To with one of status
// 400. [SW-PUB-03] [SW-PUB-21]
func (m *Message) Recipient() (Address, error) {
	if err := m.checkTo(); err != nil {
		return Address{}, err
	}
	if len(m.To) > 1 || len(m.CC) > 0 {
		return Address{}, forbidden("More than one recipient")
	}
	return m.To[0], nil
}

func (m *Message) checkTo() *Error {
	if len(m.To) == 0 {
		return malformed("To missing")
	}
	for i := range m.To {
		if !m.To[i].Valid() {
			return malformed("Malformed To")
		}
	}
	return nil
}
