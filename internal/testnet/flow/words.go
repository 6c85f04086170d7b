package flow

import (
	"maps"
	"regexp"
	"strings"

	"github.com/confab-chat/confab/sip/sipid"
)

// words are the values that a flow has learned, by name.
type words map[string]string

// piece is a part of a text: as it stands, or the name of a word.
type piece struct{ text, name string }

// pieces takes a text with {words} apart.
func pieces(text string) []piece {
	var out []piece
	for text != "" {
		before, rest, found := strings.Cut(text, "{")
		name, after, closed := strings.Cut(rest, "}")
		if !found || !closed {
			return append(out, piece{text: text})
		}
		if before != "" {
			out = append(out, piece{text: before})
		}
		out = append(out, piece{name: name})
		text = after
	}
	return out
}

// expand writes a text with its words; those that are not known are made up.
func (w words) expand(text string) string {
	var b strings.Builder
	for _, p := range pieces(text) {
		if p.name != "" && w[p.name] == "" {
			w[p.name] = sipid.NewTag()
		}
		b.WriteString(p.text + w[p.name])
	}
	return b.String()
}

// known writes a text with those of its words that are known.
func (w words) known(text string) string {
	for name, value := range w {
		text = strings.ReplaceAll(text, "{"+name+"}", value)
	}
	return text
}

// fits reports whether got is what a text says, and learns the words that it did not
// know.
func (w words) fits(text, got string) bool {
	var b strings.Builder
	var unknown []string
	b.WriteString(`(?s)\A`)
	for _, p := range pieces(text) {
		switch value, known := w[p.name]; {
		case p.name == "":
			b.WriteString(regexp.QuoteMeta(p.text))
		case p.name == "*":
			b.WriteString(`.*`)
		case known:
			b.WriteString(regexp.QuoteMeta(value))
		default:
			b.WriteString(`(.+?)`)
			unknown = append(unknown, p.name)
		}
	}
	b.WriteString(`\z`)
	match := regexp.MustCompile(b.String()).FindStringSubmatch(got)
	if match == nil {
		return false
	}
	learned := words{}
	for i, name := range unknown {
		if value, again := learned[name]; again && value != match[i+1] {
			return false
		}
		learned[name] = match[i+1]
	}
	maps.Copy(w, learned)
	return true
}
