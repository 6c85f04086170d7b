package sipmsg_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/sipmsg/torture"
)

// replay feeds input in pieces of the given size and tells what came out. Line
// ends are left out: their grouping depends on the pieces.
func replay(input []byte, size int, lim sipmsg.Limits) (out []string) {
	s := sipmsg.Stream{Limits: lim}
	var buf []byte
	for len(input) > 0 {
		n := min(size, len(input))
		buf = append(buf, input[:n]...)
		input = input[n:]
		for len(buf) > 0 {
			m, n, err := s.Next(buf)
			if errors.Is(err, sipmsg.ErrIncomplete) {
				break
			}
			buf = buf[n:]
			e := sipmsg.AsSyntaxError(err)
			if e != nil {
				out = append(out, e.Error())
			}
			if m != nil {
				out = append(out, string(m.Append(nil)))
			}
			if e != nil && e.Fatal {
				return append(out, "closed")
			}
		}
	}
	return append(out, fmt.Sprintf("midway %v", s.Midway()))
}

func TestStreamCutAnywhere(t *testing.T) {
	conform.Covers(t, "COM-03", "SEC-05")
	lim := sipmsg.Limits{HeaderBlock: 4000}
	good := strings.Replace(bare, "\r\n\r\n", "\r\nContent-Length: 5\r\n\r\nhello", 1)
	bad := strings.Replace(good, "CSeq: 1 INVITE", "CSeq: 1 BYE", 1)
	inputs := map[string]string{
		"good":     "\r\n\r\n" + good + good + "\r\n" + good,
		"bad":      good + bad + good,
		"fatal":    good + strings.Replace(good, "Content-Length: 5", "Content-Length: -5", 1) + good,
		"none":     good + bare + good,
		"large":    good + strings.Replace(good, "Content-Length: 5", "Content-Length: 9999999", 1) + good,
		"endless":  good + "INVITE sip:x SIP/2.0\r\nX: " + strings.Repeat("x\r\n ", 2000),
		"no SIP":   "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		"half":     good + good[:100],
		"half CR":  good + "\r",
		"no lines": strings.Repeat("\x00", 5000),
	}
	for _, v := range torture.Vectors() {
		inputs[v.Name] = string(v.Octets()) + good
	}
	for name, input := range inputs {
		want := replay([]byte(input), len(input), lim)
		for _, size := range []int{1, 2, 3, 7, 100} {
			if diff := cmp.Diff(want, replay([]byte(input), size, lim)); diff != "" {
				t.Errorf("%s in pieces of %d: %s", name, size, diff)
			}
		}
	}
	if got := replay([]byte(inputs["bad"]), 50, lim); len(got) != 5 || !strings.Contains(got[1], "400 CSeq") || got[4] != "midway false" {
		t.Errorf("a faulty message ended the stream: %q", got)
	}
	for _, name := range []string{"fatal", "none", "large", "endless", "no SIP", "no lines"} {
		if got := replay([]byte(inputs[name]), 50, lim); got[len(got)-1] != "closed" {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestLineEndsAreHandedOutFirst(t *testing.T) {
	m, n, err := sipmsg.ParseStream([]byte("\r\n\r\nINVITE"), sipmsg.Limits{})
	if m != nil || n != 4 || err != nil {
		t.Errorf("%v, %d, %v", m, n, err)
	}
}
