package flow

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// step is one step of a file: a message or a cue.
type step struct {
	at     string // file and line
	any    bool   // may change places with the one above
	last   bool   // others of its kind may come before
	from   string
	to     string   // empty: a cue
	what   string   // start line of a message, or the cue
	lines  []string // header lines of a message; "no NAME" included
	body   []string
	noBody bool
}

// script is a file that was read, with those that it uses.
type script struct {
	steps []step
}

// read reads a file.
func read(name string) (*script, error) {
	s := &script{}
	return s, s.read(name, make(map[string][]string))
}

// known reports the first step with a name that is neither the subject's nor that of
// somebody who is cast, or said to be off stage.
func (s *script) known(subject string) error {
	names := []string{subject, ""} // a cue is to nobody
	for i := range s.steps {
		if c := &s.steps[i]; c.to == "" && (c.what == "off stage" || strings.HasPrefix(c.what, "over ")) {
			names = append(names, c.from)
		}
	}
	for i := range s.steps {
		for _, name := range []string{s.steps[i].from, s.steps[i].to} {
			if !slices.Contains(names, name) {
				return fmt.Errorf("%s: nobody is called %s", s.steps[i].at, name)
			}
		}
	}
	return nil
}

// read adds the steps of a file, and its named blocks to those that there are.
func (s *script) read(name string, lets map[string][]string) error {
	text, err := os.ReadFile(name) //nolint:gosec // a test's own file
	if err != nil {
		return err
	}
	lines := strings.Split(string(text), "\n")
	for i := 0; i < len(lines); {
		number, head := i+1, strings.TrimSpace(lines[i])
		if i++; head == "" || strings.HasPrefix(head, "#") {
			continue
		}
		var block []string
		block, i = indented(lines, i)
		block = replaced(block, lets)
		if other, ok := strings.CutPrefix(head, "use "); ok {
			if err := s.read(filepath.Join(filepath.Dir(name), other), lets); err != nil {
				return err
			}
			continue
		}
		if let, ok := strings.CutPrefix(head, "let "); ok {
			lets["["+let+"]"] = block
			continue
		}
		read, err := parse(head, block)
		if err != nil {
			return fmt.Errorf("%s:%d: %w", name, number, err)
		}
		read.at = fmt.Sprintf("%s:%d", name, number)
		s.steps = append(s.steps, read)
	}
	return nil
}

// indented returns the lines from the i-th on that belong to a step, and where the next
// one may begin.
func indented(lines []string, i int) (block []string, next int) {
	for ; i < len(lines) && (lines[i] == "" || strings.HasPrefix(lines[i], "    ")); i++ {
		block = append(block, strings.TrimPrefix(lines[i], "    "))
	}
	for len(block) > 0 && block[len(block)-1] == "" {
		block = block[:len(block)-1]
	}
	return block, i
}

// replaced puts the blocks that have a name in.
func replaced(block []string, lets map[string][]string) []string {
	var out []string
	for _, line := range block {
		if let, ok := lets[line]; ok {
			out = append(out, let...)
		} else {
			out = append(out, line)
		}
	}
	return out
}

// parse reads one step.
func parse(head string, block []string) (step, error) {
	var s step
	head, s.any = strings.CutPrefix(head, "& ")
	who, what, ok := strings.Cut(head, ": ")
	if !ok {
		return s, fmt.Errorf("neither a message nor a cue: %q", head)
	}
	who, s.last = strings.CutSuffix(who, ", at last")
	s.from, s.what = who, what
	if left, right, ok := strings.Cut(who, " --> "); ok {
		s.from, s.to = left, right
	} else if left, right, ok := strings.Cut(who, " <-- "); ok {
		s.from, s.to = right, left
	}
	if s.to == "" && len(block) > 0 {
		return s, fmt.Errorf("lines below a cue: %q", head)
	}
	for i, line := range block {
		switch {
		case line == "":
			s.body = block[i+1:]
			return s, nil
		case line == "no body":
			s.noBody = true
		case line[0] == ' ' && len(s.lines) > 0:
			s.lines[len(s.lines)-1] += " " + strings.TrimSpace(line)
		default:
			s.lines = append(s.lines, line)
		}
	}
	return s, nil
}
