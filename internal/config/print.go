package config

import (
	"bytes"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Print writes a configuration as a file with every key and what it means.
// Parsed again it gives the same configuration. It holds the passwords.
func Print(w io.Writer, c *Config) error {
	copied := *c
	p := printer{commented: true}
	p.entries(0, keys(&copied))
	_, err := w.Write(p.out.Bytes())
	return err
}

// printer writes YAML in block style, two blanks a level.
type printer struct {
	out       bytes.Buffer
	commented bool
	doc       string // of the entry being written, due at the end of its line
}

// entries writes keys; those of the file stand apart from each other.
func (p *printer) entries(depth int, keys section) {
	for i, e := range keys {
		if i > 0 && depth == 0 && p.commented {
			p.out.WriteByte('\n')
		}
		p.indent(depth)
		p.out.WriteString(e.name + ":")
		p.doc = e.doc
		e.print(p, depth+1)
	}
}

// inline writes a value behind its key.
func (p *printer) inline(text string) {
	p.out.WriteString(" " + text)
	p.end()
}

// listing opens a list of n items behind its key.
func (p *printer) listing(n int) {
	if n == 0 {
		p.inline("[]")
		return
	}
	p.end()
}

// end ends a line with the comment that is due.
func (p *printer) end() {
	if p.commented && p.doc != "" {
		p.out.WriteString(" # " + p.doc)
	}
	p.doc = ""
	p.out.WriteByte('\n')
}

func (p *printer) line(depth int, text string) {
	p.indent(depth)
	p.out.WriteString(text + "\n")
}

func (p *printer) indent(depth int) {
	p.out.WriteString(strings.Repeat("  ", depth))
}

// item writes one mapping of a list; its keys were explained where the list was.
func (p *printer) item(depth int, keys section) {
	nested := printer{}
	nested.entries(depth+1, keys)
	text := nested.out.Bytes()
	text[2*depth] = '-'
	p.out.Write(text)
}

// quote writes a scalar so that YAML reads it as it is.
func quote(s string) string {
	plain := regexp.MustCompile(`^[0-9A-Za-z./][0-9A-Za-z._/@+-]*(:[0-9A-Za-z._/@+-]+)*$`)
	words := []string{"null", "n", "no", "off", "y", "yes", "on", "inf", "nan"}
	s = protect(s)
	if _, err := strconv.ParseFloat(s, 64); err == nil && strings.Contains(s, ".") {
		return strconv.Quote(s) // a version, not a number
	}
	if plain.MatchString(s) && !slices.Contains(words, strings.ToLower(s)) {
		return s
	}
	return strconv.Quote(s)
}
