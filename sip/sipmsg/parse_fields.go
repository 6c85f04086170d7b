package sipmsg

import "strings"

// fieldParser collects fields and the first fault.
type fieldParser struct {
	fields []Field
	err    *SyntaxError
}

// parseFields splits a header into fields, folded lines joined. The error is the
// first; fields that make no sense are left out.
func parseFields(s string, lim Limits) ([]Field, *SyntaxError) {
	var p fieldParser
	lines := strings.Count(s, "\n")
	if strings.Count(s, "\r") != lines {
		p.fail("header", "CR or LF alone")
	}
	p.fields = make([]Field, 0, min(lines, lim.Headers)+1)
	for s != "" {
		var line string
		line, s = nextLine(s)
		if len(line) > lim.HeaderLine {
			p.fail("header", "field too long")
			continue
		}
		if len(p.fields) == lim.Headers {
			p.fail("header", "too many fields")
			break
		}
		p.field(line)
	}
	return p.fields, p.err
}

func (p *fieldParser) fail(field, problem string) {
	if p.err == nil {
		p.err = malformed(field, problem)
	}
}

// nextLine cuts one logical line off s, with the folds that belong to it.
func nextLine(s string) (line, rest string) {
	for i := 0; ; {
		end := strings.IndexByte(s[i:], '\n')
		if end < 0 {
			return s, ""
		}
		i += end + 1
		if i == len(s) || !isSpace(s[i]) {
			return s[:i], s[i:]
		}
	}
}

// field reads field-name HCOLON field-value CRLF.
func (p *fieldParser) field(line string) {
	n := classToken.span(line)
	rest := trimLeft(line[n:])
	if n == 0 || rest == "" || rest[0] != ':' {
		p.fail("header", "line without field name")
		return
	}
	value := trim(strings.TrimSuffix(rest[1:], "\r\n"))
	if strings.IndexByte(value, '\n') >= 0 {
		value = unfold(value)
	}
	name, t := canonicalName(line[:n])
	if t&single != 0 && p.has(name) {
		p.fail(name, "more than one")
	}
	p.fields = append(p.fields, Field{Name: name, Value: value})
}

func (p *fieldParser) has(name string) bool {
	for i := range p.fields {
		if p.fields[i].Name == name {
			return true
		}
	}
	return false
}

// unfold replaces line ends and the white space around them by one space
// (RFC 3261 §7.3.1).
func unfold(s string) string {
	dst := make([]byte, 0, len(s))
	for s != "" {
		var line string
		line, s, _ = strings.Cut(s, "\n")
		if line = trim(strings.TrimSuffix(line, "\r")); line == "" {
			continue
		}
		if len(dst) > 0 {
			dst = append(dst, ' ')
		}
		dst = append(dst, line...)
	}
	return string(dst)
}
