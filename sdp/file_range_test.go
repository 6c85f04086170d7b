package sdp

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/internal/conform"
)

func TestFileRange(t *testing.T) {
	conform.Covers(t, "FT-07")
	for value, want := range map[string]FileRange{
		"": {Start: 1}, "1-*": {Start: 1}, "5-*": {Start: 5}, "1-32349": {1, 32349}, "7-7": {7, 7},
	} {
		got, ok := ParseFileRange(value)
		if !ok || got != want {
			t.Errorf("%q: %+v, %t", value, got, ok)
		}
		if text := got.String(); text != value && value != "1-*" {
			t.Errorf("%q is written as %q", value, text)
		}
	}
	for _, value := range []string{"5", "0-5", "-5", "5-4", "*-5", "1-", "x-*", "1-x", "1-9223372036854775808", "+1-2", "1-2-3"} {
		if _, ok := ParseFileRange(value); ok {
			t.Errorf("%q is a range", value)
		}
	}
	for _, tt := range []struct {
		r              FileRange
		size           int64
		before, octets int64
		ok             bool
	}{
		{FileRange{}, 10, 0, 10, true},
		{FileRange{Start: 1}, 0, 0, 0, true},
		{FileRange{5, 7}, 10, 4, 3, true},
		{FileRange{Start: 10}, 10, 9, 1, true},
		{FileRange{Start: 11}, 10, 10, 0, false},
		{FileRange{Start: 12}, 10, 11, -1, false},
		{FileRange{5, 11}, 10, 4, 7, false},
	} {
		before, octets, ok := tt.r.Of(tt.size)
		if before != tt.before || octets != tt.octets || ok != tt.ok {
			t.Errorf("%+v of %d: %d octets behind %d, %t", tt.r, tt.size, octets, before, ok)
		}
	}
}

func TestFileDate(t *testing.T) {
	at := time.Date(2006, 5, 15, 15, 1, 31, 0, time.FixedZone("", 3*3600))
	if got := FileDate(at); got != `modification:"Mon, 15 May 2006 15:01:31 +0300"` {
		t.Error(got)
	}
}

func TestSameFile(t *testing.T) {
	conform.Covers(t, "FT-04")
	sum := func(b byte) []FileHash { return []FileHash{{"sha-1", []byte{b}}} }
	f := &File{Name: "a", Type: "text/plain", Size: 5, Hashes: sum(1), TransferID: "x", Disposition: "render", Icon: "cid:i", Date: "d", Range: "2-*"}
	for _, tt := range []struct {
		g    File
		want bool
	}{
		{File{Size: -1, Range: "2-*"}, true},
		{*f, true},
		{File{Size: 5, Type: "TEXT/PLAIN", Range: "2-*"}, true},
		{File{Size: 6, Range: "2-*"}, false},
		{File{Size: -1, Name: "b", Range: "2-*"}, false},
		{File{Size: -1, Type: "a/b", Range: "2-*"}, false},
		{File{Size: -1, Hashes: sum(2), Range: "2-*"}, false},
		{File{Size: -1, Hashes: []FileHash{{"sha-256", []byte{2}}}, Range: "2-*"}, true},
		{File{Size: -1}, false},
		{File{Size: -1, Range: "2-5"}, false},
	} {
		if got := f.Same(&tt.g); got != tt.want {
			t.Errorf("%+v: %t", tt.g, got)
		}
	}
	want := &File{Name: "a", Type: "text/plain", Size: 5, Hashes: sum(1), TransferID: "x", Range: "2-*"}
	if diff := cmp.Diff(want, f.Mirror()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// pushed is an offer of a file.
func pushed(version string, more ...string) string {
	return lines(version, chat(append([]string{"a=setup:active"}, more...)...))
}

func TestFileNegotiation(t *testing.T) {
	conform.Covers(t, "FT-03", "FT-04")
	n := &Negotiation{ID: 7, Policy: Policy{Files: true, Reach: ReachBoth}}
	selector := "a=file-selector:size:5"
	for name, more := range map[string][]string{
		"no file": {"a=sendonly"}, "no identifier": {"a=sendonly", selector}, "both ways": {selector, "a=file-transfer-id:x"},
		"a name only": {"a=sendonly", `a=file-selector:name:"x"`, "a=file-transfer-id:x"},
		"bad range":   {"a=sendonly", selector, "a=file-transfer-id:x", "a=file-range:0-5"},
	} {
		_, err := n.Receive(mustParse(t, pushed("1", more...)))
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		_ = refusal(t, err)
	}
	good := []string{"a=sendonly", selector, "a=file-transfer-id:x"}
	l := plainRoom(t)
	l.Direction, l.File = RecvOnly, &File{Size: 5, TransferID: "x"}
	text, stream, effect := answer(t, n, pushed("1", good...), l)
	if effect != EffectNew || stream.Direction != RecvOnly || !strings.Contains(text, "a=file-transfer-id:x\r\n") {
		t.Errorf("effect %d in\n%s", effect, text)
	}
	// Our offer to end it still names the file.
	offer := n.Remove().String()
	gone := "m=message 0 TCP/MSRP *\r\na=file-selector:size:5\r\na=file-transfer-id:x\r\n"
	if !strings.HasSuffix(offer, gone) || version(t, offer) != version(t, text)+1 {
		t.Errorf("offered\n%s", offer)
	}
	effect, _, err := n.Accept(mustParse(t, strings.Replace(pushed("2", good...), "message 51872", "message 0", 1)))
	if _, open := n.Stream(); err != nil || effect != EffectRemove || open {
		t.Errorf("effect %d, open %t: %v", effect, open, err)
	}
	// So does the answer that turns another one down.
	p, err := n.Receive(mustParse(t, pushed("3", good...)))
	if err != nil {
		t.Fatal(err)
	}
	p.Decline()
	s, _ := n.Answer(p, Local{})
	if _, open := n.Stream(); open || !strings.HasSuffix(s.String(), gone) {
		t.Errorf("answered\n%s", s)
	}
}

// TestAnswerOfFile: an answer has to speak of the same transfer, and the same octets.
func TestAnswerOfFile(t *testing.T) {
	conform.Covers(t, "FT-04", "FT-07")
	for name, tt := range map[string]struct {
		answer []string
		ok     bool
	}{
		"same":          {[]string{"a=recvonly", "a=file-selector:size:5", "a=file-transfer-id:x", "a=file-range:2-5"}, true},
		"no file":       {[]string{"a=recvonly"}, false},
		"another":       {[]string{"a=recvonly", "a=file-selector:size:5", "a=file-transfer-id:y", "a=file-range:2-5"}, false},
		"other octets":  {[]string{"a=recvonly", "a=file-selector:size:5", "a=file-transfer-id:x"}, false},
		"no identifier": {[]string{"a=recvonly", "a=file-selector:size:5", "a=file-range:2-5"}, false},
	} {
		n := &Negotiation{ID: 7, Policy: Policy{Files: true, Reach: ReachBoth}}
		l := plainRoom(t)
		l.Direction, l.File = SendOnly, &File{Size: 5, TransferID: "x", Range: "2-5"}
		n.Offer(l)
		if _, _, err := n.Accept(mustParse(t, pushed("1", tt.answer...))); (err == nil) != tt.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}
