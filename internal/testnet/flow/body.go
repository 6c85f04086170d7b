package flow

import (
	"fmt"
	"strings"

	"github.com/confab-chat/confab/sip/sipmsg"
)

// body holds a body against what a step says of it.
func body(kind sipmsg.MediaType, want []string, got []byte, w words) error {
	switch {
	case kind.Is("application/sdp"):
		return description(want, string(got), w)
	case kind.Type == "multipart":
		return parts(kind, want, got, w)
	case strings.HasSuffix(kind.Subtype, "+xml"):
		return document(strings.Join(want, "\n"), got, w)
	}
	if !w.fits(strings.Join(want, "\r\n"), strings.TrimSuffix(string(got), "\r\n")) {
		return fmt.Errorf("another body:\n%s", got)
	}
	return nil
}

// description holds a session description against lines that must, or must not, be
// there.
func description(want []string, got string, w words) error {
	lines := strings.Split(strings.TrimSuffix(got, "\r\n"), "\r\n")
	for _, line := range want {
		if prefix, ok := strings.CutPrefix(line, "no "); ok {
			for _, l := range lines {
				if strings.HasPrefix(l, prefix) {
					return fmt.Errorf("unwanted in the description: %s\n%s", l, got)
				}
			}
		} else if !among(line, lines, w) {
			return fmt.Errorf("not in the description: %s\n%s", line, got)
		}
	}
	return nil
}

// parts holds the parts of a body against those that are written down.
func parts(kind sipmsg.MediaType, want []string, got []byte, w words) error {
	found, err := sipmsg.ParseMultipart(kind, got, sipmsg.Limits{})
	if err != nil {
		return err
	}
	written := split(want)
	if len(written) != len(found) {
		return fmt.Errorf("%d parts:\n%s", len(found), got)
	}
	for i, lines := range written {
		var head []string
		for len(lines) > 0 && lines[0] != "" {
			head, lines = append(head, lines[0]), lines[1:]
		}
		if err := headers(head, &found[i].Header, w); err != nil {
			return fmt.Errorf("part %d: %w", i+1, err)
		}
		kind, _ := found[i].Header.ContentType()
		if len(lines) == 0 {
			continue
		}
		if err := body(kind, lines[1:], found[i].Body, w); err != nil {
			return fmt.Errorf("part %d: %w", i+1, err)
		}
	}
	return nil
}

// split returns the parts of a multipart body that is written down.
func split(lines []string) [][]string {
	var out [][]string
	for _, line := range lines {
		switch {
		case strings.HasPrefix(line, "--") && strings.HasSuffix(line, "--"):
			return out
		case strings.HasPrefix(line, "--"):
			out = append(out, nil)
		case len(out) > 0:
			out[len(out)-1] = append(out[len(out)-1], line)
		}
	}
	return out
}
