package cpim

import (
	"bytes"
	"unicode/utf8"
)

// Parse reads an object whose header block must be complete. The error is an
// *Error with status 400; the Message then holds what could be read, which says
// nothing about the sender that could be relied on. A Sender or Recipient that
// is not acceptable is an error of those methods. [CPIM-12]
func Parse(b []byte, l Limits) (*Message, error) {
	m := new(Message)
	err := m.Parse(b, l)
	return m, err
}

// Parse reads an object into m as the function Parse does, using the memory that
// m has.
func (m *Message) Parse(b []byte, l Limits) error {
	m.reset()
	s := Scanner{Limits: l}
	complete, err := s.Scan(b)
	if err != nil {
		return err
	}
	if !complete {
		return malformed("Header incomplete") // [SW-PUB-11]
	}
	m.HeaderLen, m.Content = s.end, b[s.end:]
	p := parser{m: m, merged: s.merged, b: b[:s.end]}
	p.lines(0, s.first, false)
	p.lines(s.first, s.end, true)
	if !utf8.Valid(b[:s.end]) {
		p.reject("Header not UTF-8")
	}
	p.finish()
	if p.wrong != nil {
		return p.wrong
	}
	return nil
}

func (m *Message) reset() {
	clear(m.addresses[:])
	m.From, m.To, m.CC = m.addresses[0:0:1], m.addresses[1:1:2], m.addresses[2:2:3]
	m.Headers, m.MIME = m.headers[:0], m.fields[:0]
	m.bindings = m.firstBounds[:0]
	m.HeaderLen, m.Content = 0, nil
}

// parser reads the lines of the two blocks.
type parser struct {
	m       *Message
	b       []byte // the header block
	merged  bool   // MIME fields stand in the first block
	valueAt int    // where the value of the last MIME field starts
	wrong   *Error
}

func (p *parser) reject(comment string) {
	if p.wrong == nil {
		p.wrong = malformed(comment)
	}
}

// lines reads the lines from pos to limit, of which mime says that they are the
// second block.
func (p *parser) lines(pos, limit int, mime bool) {
	for pos < limit {
		start := pos
		pos += bytes.IndexByte(p.b[pos:], '\n') + 1
		line := chop(p.b[start : pos-1])
		switch {
		case len(line) == 0:
		case line[0] == ' ' || line[0] == '\t':
			p.folded(line, start, mime)
		case mime, p.merged && isMIMEName(line):
			p.mimeLine(line, start)
		default:
			p.headerLine(line)
		}
	}
}

// mimeLine reads a MIME field. [CPIM-03]
func (p *parser) mimeLine(line []byte, start int) {
	p.checkControls(line, true)
	colon := bytes.IndexByte(line, ':')
	if colon <= 0 || !allIn(line[:colon], classMIME) {
		p.reject("Malformed content header")
		return
	}
	name := line[:colon:colon]
	if equalFold(name, "content-type") && p.m.ContentType() != nil {
		// Readers differ on which one counts.
		p.reject("More than one Content-Type")
	}
	p.valueAt = start + colon + 1
	p.m.MIME = append(p.m.MIME, Field{Name: name, Value: trimBlanks(line[colon+1:])})
}

// folded adds a line to the MIME field in front of it. CPIM headers are never
// folded. [CPIM-01] [CPIM-03]
func (p *parser) folded(line []byte, start int, mime bool) {
	p.checkControls(line, true)
	if !mime || len(p.m.MIME) == 0 {
		p.reject("Folded header line")
		return
	}
	p.m.MIME[len(p.m.MIME)-1].Value = trimBlanks(p.b[p.valueAt : start+len(line)])
}

// headerLine reads a CPIM header (RFC 3862 §3.6).
func (p *parser) headerLine(line []byte) {
	p.checkControls(line, false)
	colon := bytes.IndexByte(line, ':')
	if colon < 0 {
		p.reject("Header line without colon")
		return
	}
	var h Header
	h.Prefix, h.Name = splitPrefix(line[:colon:colon])
	if len(h.Name) == 0 || !allIn(h.Name, className) ||
		len(h.Prefix)+len(h.Name) < colon && (len(h.Prefix) == 0 || !allIn(h.Prefix, className)) {
		p.reject("Malformed header name")
		return
	}
	params := paramsLen(line[colon+1:])
	if params > 0 {
		h.Params = line[colon+1 : colon+1+params]
	}
	h.Value = trimBlanks(line[colon+1+params:])
	p.m.Headers = append(p.m.Headers, h)
}

// splitPrefix splits a header name at its first ".".
func splitPrefix(name []byte) (prefix, local []byte) {
	if i := bytes.IndexByte(name, '.'); i >= 0 {
		return name[:i:i], name[i+1:]
	}
	return nil, name
}

// paramsLen returns how many octets of s are parameters: ";", a name, "=" and a
// value, any number of times. A quoted value may hold blanks.
func paramsLen(s []byte) int {
	if len(s) == 0 || s[0] != ';' {
		return 0
	}
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			quoted = !quoted
		case s[i] == '\\' && quoted:
			i++
		case s[i] == ' ' && !quoted:
			return i
		}
	}
	return len(s)
}

// checkControls refuses control characters; tabs says whether HTAB is none.
// [CPIM-12]
func (p *parser) checkControls(line []byte, tabs bool) {
	for i, c := range line {
		switch {
		case c >= 0x20 && c < 0x7F, c == '\t' && tabs:
		case c < 0x80:
			p.reject("Control character in header")
			return
		case c == 0xC2 && i+1 < len(line) && line[i+1] < 0xA0,
			c == 0xE2 && i+2 < len(line) && line[i+1] == 0x80 && line[i+2]|1 == 0xA9:
			p.reject("Control character in header")
			return
		}
	}
}
