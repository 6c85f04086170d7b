package msrpwire_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/msrp/msrpwire"
)

// FuzzDecoder asserts that what a decoder says does not depend on how the stream
// is cut, and that every head it accepts can be written and reads the same
// again.
func FuzzDecoder(f *testing.F) {
	for _, messages := range examples(f) {
		wire := strings.Join(messages, "")
		f.Add(wire[:min(len(wire), 3000)], uint16(7))
	}
	f.Add(send(text, "\r\nx\r\n-------abcd1X\r\n-------abcd1+\r\n")+"\r\n"+good, uint16(1))
	f.Add("MSRP abcd1 SEND\r\nFrom-Path: "+toAlice+"\r\nTo-Path: "+toRoom+"\r\n"+end+good, uint16(3))
	f.Fuzz(func(t *testing.T, wire string, step uint16) {
		l := msrpwire.Limits{StartLine: 100, HeaderLine: 200, HeaderBlock: 600, HeaderLines: 12, OtherBody: 50, Skipped: 100}
		want, rest := play(t, msrpwire.NewDecoder(l), wire)
		got, gotRest := play(t, msrpwire.NewDecoder(l), steps(wire, int(step%97)+1)...)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("cut up (-whole +cut):\n%s", diff)
		}
		fatal := len(want) > 0 && strings.HasSuffix(want[len(want)-1].Err, dead)
		if !fatal && rest != gotRest {
			t.Fatalf("left over whole %q, cut up %q", rest, gotRest)
		}
		writeAgain(t, wire, l)
	})
}

// steps cuts s into pieces of n octets.
func steps(s string, n int) (pieces []string) {
	for len(s) > n {
		pieces = append(pieces, s[:n])
		s = s[n:]
	}
	return append(pieces, s)
}

// writeAgain writes every head that is accepted and reads it again.
func writeAgain(t *testing.T, wire string, l msrpwire.Limits) {
	t.Helper()
	d := msrpwire.NewDecoder(l)
	b := []byte(wire)
	for {
		ev, n, err := d.Next(b)
		if err != nil || ev == msrpwire.NeedMore {
			return
		}
		b = b[n:]
		if ev != msrpwire.GotHead {
			continue
		}
		h := d.Head()
		out, err := h.Append(nil)
		if err != nil {
			// Only what is read out of tolerance cannot be written.
			if len(h.TID) >= 4 && len(h.TID) <= 32 || !h.IsRequest() {
				t.Fatalf("%v: %s", err, dump(h))
			}
			continue
		}
		again := msrpwire.NewDecoder(msrpwire.Limits{})
		ev, _, err = again.Next(msrpwire.AppendEnd(out, h.TID, msrpwire.Last, h.HasBody))
		if err != nil || ev != msrpwire.GotHead {
			t.Fatalf("%q: %v", out, err)
		}
		if diff := cmp.Diff(canonical(h), canonical(again.Head())); diff != "" {
			t.Fatalf("read again (-first +second):\n%s", diff)
		}
	}
}

// canonical dumps a head as its writer sees it.
func canonical(h *msrpwire.Head) string {
	c := *h
	c.Fields = nil
	for _, mime := range []bool{false, true} {
		for _, f := range h.Fields {
			name := strings.ToLower(string(f.Name))
			isMIME := strings.HasPrefix(name, "content-") || strings.HasPrefix(name, "mime-")
			if isMIME == mime && (h.HasBody || !mime) {
				c.Fields = append(c.Fields, msrpwire.Field{Name: []byte(name), Value: f.Value})
			}
		}
	}
	if !h.HasBody {
		c.ContentType = nil
	}
	return dump(&c)
}

// FuzzURI asserts that a URI that parses is written in a form that parses to the
// same, and that the ways to look at it agree.
func FuzzURI(f *testing.F) {
	for _, s := range []string{toRoom, toAlice, "msrps://u:p@[2001:db8::1]:1/a/b;ws;x=y;z", "MSRP://h%41x;TCP"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := msrpwire.ParseURI(s)
		if err != nil {
			return
		}
		again, err := msrpwire.ParseURI(u.String())
		if err != nil || again != u || !again.Equal(u) {
			t.Fatalf("%q, written %q, read %+v, %v", s, u, again, err)
		}
		if string(msrpwire.SessionIDOf([]byte(s))) != u.SessionID {
			t.Fatalf("%q: session-id %q", s, msrpwire.SessionIDOf([]byte(s)))
		}
		if u.Port != 0 && u.SessionID != "" && !msrpwire.MatchSessionID.To(u, again) {
			t.Fatalf("%q does not address itself", s)
		}
		if p := msrpwire.Path(s); p.Len() != 1 || string(p.First()) != s || string(p.Last()) != s {
			t.Fatalf("%q is a path of %d", s, p.Len())
		}
	})
}
