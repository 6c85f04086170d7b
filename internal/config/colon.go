package config

import (
	"bytes"
	"strings"
)

// hiddenColon stands for a colon while YAML is parsed; it is a private character
// as wide as a colon, so that columns stay what they are.
const hiddenColon = '\uE03A'

// hideColons hides the colons that end no key: those with a character of a value
// right behind them. YAML takes them for part of the value (YAML 1.2.2 §7.3.3),
// but the library ends a key at them within braces, and would read the addresses
// in {listen: [tcp://127.0.0.1:5060]} as mappings.
func hideColons(text []byte) []byte {
	var out bytes.Buffer
	out.Grow(len(text))
	for i, b := range text {
		quoted := i > 0 && (text[i-1] == '"' || text[i-1] == '\'')
		if b != ':' || quoted || i+1 == len(text) || strings.IndexByte(" \t\r\n,[]{}\"'", text[i+1]) >= 0 {
			out.WriteByte(b)
			continue
		}
		out.WriteRune(hiddenColon)
	}
	return out.Bytes()
}

// showColons is the opposite of hideColons, for a piece of the text.
func showColons(s string) string { return strings.ReplaceAll(s, string(hiddenColon), ":") }
