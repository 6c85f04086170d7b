package cpim

import "bytes"

// binding is what an NS header declares (RFC 3862 §4.6).
type binding struct {
	prefix    []byte
	namespace string
}

// finish gives the headers their meaning, once all of them are there. A prefix
// means the same everywhere in the message, since binding it twice is refused;
// so it does not matter where its NS header stands, and a reader that minds the
// order sees no other sender than one that does not.
func (p *parser) finish() {
	m := p.m
	for i := range m.Headers {
		if h := &m.Headers[i]; len(h.Prefix) == 0 && string(h.Name) == "NS" {
			p.bind(h.Value)
		}
	}
	var once [2]bool // DateTime, Require
	for i := range m.Headers {
		h := &m.Headers[i]
		h.Namespace = m.resolve(h.Prefix)
		if h.Namespace == Namespace {
			p.classify(h, &once)
		}
	}
	if e := m.checkTo(); e != nil {
		p.reject(e.Comment)
	}
	if m.ContentType() == nil {
		p.reject("Content-Type missing")
	}
}

// bind reads an NS header: an optional prefix, and a URI in brackets. [CPIM-07]
// [CPIM-13]
func (p *parser) bind(value []byte) {
	open := bytes.IndexByte(value, '<')
	if open < 0 || bytes.IndexByte(value, '>') != len(value)-1 {
		p.reject("Malformed NS")
		return
	}
	prefix := trimBlanks(value[:open])
	uri := value[open+1 : len(value)-1]
	if !allIn(prefix, className) || !isAbsoluteURI(uri) {
		p.reject("Malformed NS")
		return
	}
	if len(prefix) == 0 {
		if string(uri) != Namespace {
			p.reject("Default namespace rebound")
		}
		return
	}
	for _, b := range p.m.bindings {
		if bytes.Equal(b.prefix, prefix) {
			if b.namespace != string(uri) {
				p.reject("Namespace prefix bound twice")
			}
			return
		}
	}
	p.m.bindings = append(p.m.bindings, binding{prefix, intern(uri)})
}

// intern returns uri as a string, without allocating for those in common use.
func intern(uri []byte) string {
	switch string(uri) {
	case Namespace:
		return Namespace
	case NamespaceIMDN:
		return NamespaceIMDN
	default:
		return string(uri)
	}
}

// resolve returns the namespace a prefix stands for, "" if it is not bound.
func (m *Message) resolve(prefix []byte) string {
	if len(prefix) == 0 {
		return Namespace
	}
	for _, b := range m.bindings {
		if bytes.Equal(b.prefix, prefix) {
			return b.namespace
		}
	}
	return ""
}

// classify puts a header of the default namespace in its place. [CPIM-13]
func (p *parser) classify(h *Header, once *[2]bool) {
	m := p.m
	switch string(h.Name) {
	case "From":
		m.From = append(m.From, parseAddress(h))
	case "To":
		m.To = append(m.To, parseAddress(h))
	case "cc", "CC": // RFC 3862 §4.3 and RFC 4975 §13 [CPIM-04]
		m.CC = append(m.CC, parseAddress(h))
	case "DateTime":
		p.single(h, &once[0])
	case "Require":
		p.single(h, &once[1])
	case "NS":
		if len(h.Prefix) > 0 {
			p.reject("NS under a prefix")
		}
	default:
		if equalFold(h.Name, "from") || equalFold(h.Name, "to") {
			// A reader that ignores case would find a second sender. [CPIM-04]
			p.reject("From or To in another letter case")
		}
	}
}

// single refuses the second header of a kind that may occur once. [CPIM-05]
func (p *parser) single(h *Header, seen *bool) {
	if *seen {
		p.reject("Repeated " + string(h.Name))
	}
	*seen = true
}
