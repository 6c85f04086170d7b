package config

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// expand puts environment variables in for ${NAME}; $${ stands for ${ itself.
func expand(s string, env Lookup) (string, error) {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(s, "${")
		if !found {
			out.WriteString(s)
			return out.String(), nil
		}
		if literal, ok := strings.CutSuffix(before, "$"); ok {
			out.WriteString(literal + "${")
			s = rest
			continue
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed {
			return "", errors.New("${ without }; $${ stands for ${ itself")
		}
		value, ok := env(name)
		if !ok {
			return "", fmt.Errorf("the environment has no %q", name)
		}
		out.WriteString(before + value)
		s = after
	}
}

// protect is the opposite of expand for text without variables.
func protect(s string) string { return strings.ReplaceAll(s, "${", "$${") }

// printable refuses text that would break out of a line of a log or a protocol.
func printable(s string) error {
	switch {
	case !utf8.ValidString(s):
		return errors.New("is not UTF-8")
	case strings.ContainsFunc(s, unicode.IsControl):
		return errors.New("holds a control character or a line break")
	}
	return nil
}
