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
		n, folded, alone := lineLength(s)
		if alone { // with as many CR as LF, one of each may stand by itself
			p.fail("header", "CR or LF alone")
		}
		line := s[:n]
		s = s[n:]
		if len(line) > lim.HeaderLine {
			p.fail("header", "field too long")
			continue
		}
		if len(p.fields) == lim.Headers {
			p.fail("header", "too many fields")
			break
		}
		p.field(line, folded)
	}
	return p.fields, p.err
}

func (p *fieldParser) fail(field, problem string) {
	if p.err == nil {
		p.err = malformed(field, problem)
	}
}

// lineLength measures the line at the start of s, with the folds that belong to it.
// Alone says that it holds an LF without CR.
func lineLength(s string) (n int, folded, alone bool) {
	for {
		end := strings.IndexByte(s[n:], '\n')
		if end < 0 {
			return len(s), folded, alone
		}
		alone = alone || end == 0 || s[n+end-1] != '\r'
		n += end + 1
		if n == len(s) || !isSpace(s[n]) {
			return n, folded, alone
		}
		folded = true
	}
}

// field reads field-name HCOLON field-value CRLF.
func (p *fieldParser) field(line string, folded bool) {
	n := classToken.span(line)
	rest := trimLeft(line[n:])
	if n == 0 || rest == "" || rest[0] != ':' {
		p.fail("header", "line without field name")
		return
	}
	value := trim(strings.TrimSuffix(rest[1:], "\r\n"))
	if folded {
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
