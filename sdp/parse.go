package sdp

import (
	"bytes"
	"strconv"
	"strings"
)

// Limits of what [Parse] reads. [SDP-26]
const (
	MaxSize  = 16 << 10 // octets
	MaxMedia = 16       // m-lines
	maxPath  = 8        // URIs in a path
)

// Parse reads a description. It takes LF for CRLF, lines in any order within
// their level, a missing t= and s=, an empty s= and attributes it does not
// know. A missing v=, o= or m=, a type letter that does not exist, or a
// description over [MaxSize] or [MaxMedia] is an [*Error]. [SDP-26]
func Parse(b []byte) (*Session, error) {
	if len(b) > MaxSize {
		return nil, malformed("description too large")
	}
	return parse(b)
}

// parse is Parse for any size: an answer may be larger than the offer was.
func parse(b []byte) (*Session, error) {
	if bytes.IndexByte(b, 0) >= 0 {
		return nil, malformed("NUL in description")
	}
	p := parser{s: new(Session)}
	rest := string(b)
	for rest != "" {
		var line string
		line, rest, _ = strings.Cut(rest, "\n")
		line = strings.TrimSuffix(line, "\r")
		if line == "" {
			continue
		}
		if err := p.line(line); err != nil {
			return nil, err
		}
	}
	switch {
	case !p.version:
		return nil, malformed("no v= line")
	case !p.origin:
		return nil, malformed("no o= line")
	case len(p.s.Media) == 0:
		return nil, malformed("no m= line")
	}
	return p.s, nil
}

type parser struct {
	s               *Session
	m               *Media // the m-line being read, nil at session level
	version, origin bool
}

func (p *parser) line(line string) error {
	if len(line) < 2 || line[1] != '=' {
		return malformed("line without type")
	}
	value := line[2:]
	if strings.IndexByte(value, '\r') >= 0 {
		// A bare CR would survive into an answer that mirrors the line.
		return malformed("CR inside a line")
	}
	switch line[0] {
	case 'v':
		return p.readVersion(value)
	case 'o':
		return p.readOrigin(value)
	case 's':
		p.s.Name = value
	case 'c':
		return p.readConnection(value)
	case 'a':
		p.readAttribute(value)
	case 'm':
		return p.readMedia(value)
	case 'i', 'u', 'e', 'p', 'b', 't', 'r', 'z', 'k':
	default:
		// RFC 8866 §5: a type letter that is not understood spoils the whole description. [SDP-26]
		return malformed("unknown type letter")
	}
	return nil
}

func (p *parser) readVersion(value string) error {
	if strings.TrimSpace(value) != "0" {
		return malformed("version is not 0")
	}
	p.version = true
	return nil
}

func (p *parser) readOrigin(value string) error {
	f := fields(value)
	if p.origin || len(f) != 6 {
		return malformed("bad o= line")
	}
	id, err1 := strconv.ParseUint(f[1], 10, 64)
	version, err2 := strconv.ParseUint(f[2], 10, 64)
	if err1 != nil || err2 != nil {
		return malformed("bad number in o= line")
	}
	p.origin = true
	p.s.Origin = Origin{
		Username: f[0], SessionID: id, Version: version,
		NetType: f[3], AddressType: f[4], Address: f[5],
	}
	return nil
}

func (p *parser) readConnection(value string) error {
	f := fields(value)
	if len(f) != 3 {
		return malformed("bad c= line")
	}
	to := &p.s.Connection
	if p.m != nil {
		to = &p.m.Connection
	}
	if to.IsZero() { // several lines mean multicast layers; the first will do
		*to = Connection{NetType: f[0], AddressType: f[1], Address: f[2]}
	}
	return nil
}

func (p *parser) readAttribute(value string) {
	name, v, _ := strings.Cut(value, ":")
	name = strings.TrimSpace(name)
	if name == "" {
		return
	}
	a := Attribute{Name: name, Value: strings.TrimRight(v, " \t")}
	if p.m != nil {
		p.m.Attributes = append(p.m.Attributes, a)
	} else {
		p.s.Attributes = append(p.s.Attributes, a)
	}
}

func (p *parser) readMedia(value string) error {
	f := fields(value)
	if len(f) < 4 {
		return malformed("bad m= line")
	}
	if len(p.s.Media) == MaxMedia {
		return malformed("too many m= lines")
	}
	digits, _, _ := strings.Cut(f[1], "/") // "49170/2": the count of ports means nothing to us
	port, err := strconv.ParseUint(digits, 10, 16)
	if err != nil {
		return malformed("bad port in m= line")
	}
	p.s.Media = append(p.s.Media, Media{Type: f[0], Port: uint16(port), Proto: f[2], Formats: f[3:]})
	p.m = &p.s.Media[len(p.s.Media)-1]
	return nil
}

// fields splits at runs of blanks. Unlike strings.Fields it leaves every other
// octet alone.
func fields(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '\t' })
}
