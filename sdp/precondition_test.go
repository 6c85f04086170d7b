package sdp

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/internal/conform"
)

// description is a stream with lines "curr:qos local none", …, one a line.
func description(lines string) *Session {
	m := Media{Type: "message", Port: 9, Proto: "TCP/MSRP", Formats: []string{"*"}}
	for line := range strings.SplitSeq(strings.TrimSpace(lines), "\n") {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			m.Attributes = append(m.Attributes, Attribute{name, value})
		}
	}
	return &Session{Media: []Media{m}}
}

// linesOf writes precondition lines as description reads them.
func linesOf(lines []Precondition) string {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(l.Kind + ":" + l.value() + "\n")
	}
	return b.String()
}

func preconditionsOf(s *Session) []Precondition {
	var lines []Precondition
	for _, t := range s.Media[0].preconditions() {
		lines = append(lines, t.Lines()...)
	}
	return lines
}

// parsed are the lines of a description as they stand there.
func parsed(s *Session) []Precondition {
	var lines []Precondition
	for _, a := range s.Media[0].Attributes {
		if p, ok := parsePrecondition(a.Name, a.Value); ok {
			lines = append(lines, p)
		}
	}
	return lines
}

func trimmed(text string) string {
	var out []string
	for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		out = append(out, strings.TrimSpace(line))
	}
	return strings.Join(out, "\n") + "\n"
}

// says fails the test unless lines are those of text.
func says(t *testing.T, who, text string, lines []Precondition) {
	t.Helper()
	if diff := cmp.Diff(trimmed(text), trimmed(linesOf(lines))); diff != "" {
		t.Errorf("%s (-want +got):\n%s", who, diff)
	}
}

// TestPreconditionAnswer has the exchanges of RFC 3312 §13 and others: what an answerer
// says whose resources are ready, or not, and whether the session goes on.
func TestPreconditionAnswer(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PRE-06", "PRE-07", "PRE-13")
	tests := []struct {
		name          string
		ready         bool
		offer, answer string
		met           bool
	}{
		{
			name: "the UE reserves later", ready: true, // flow F-B, SDP 1 and 2
			offer: `curr:qos local none
				curr:qos remote none
				des:qos mandatory local sendrecv
				des:qos none remote sendrecv`,
			answer: `curr:qos local sendrecv
				curr:qos remote none
				des:qos none local sendrecv
				des:qos mandatory remote sendrecv
				conf:qos remote sendrecv`,
		},
		{
			name: "the UE has reserved", ready: true, met: true, // F-B, SDP 3 and 4
			offer: `curr:qos local sendrecv
				curr:qos remote sendrecv
				des:qos mandatory local sendrecv
				des:qos none remote sendrecv`,
			answer: `curr:qos local sendrecv
				curr:qos remote sendrecv
				des:qos none local sendrecv
				des:qos mandatory remote sendrecv`,
		},
		{
			name: "RFC 3312 §13.2, both segments", ready: true, met: true,
			offer: `curr:qos local sendrecv
				curr:qos remote none
				des:qos mandatory local sendrecv
				des:qos mandatory remote sendrecv`,
			answer: `curr:qos local sendrecv
				curr:qos remote sendrecv
				des:qos mandatory local sendrecv
				des:qos mandatory remote sendrecv`,
		},
		{
			name: "answerer not ready",
			offer: `curr:qos local sendrecv
				curr:qos remote sendrecv
				des:qos mandatory local sendrecv
				des:qos mandatory remote sendrecv`,
			answer: `curr:qos local none
				curr:qos remote sendrecv
				des:qos mandatory local sendrecv
				des:qos mandatory remote sendrecv`,
		},
		{
			name: "RFC 3312 §13.1, end to end", ready: true,
			offer: `curr:qos e2e none
				des:qos mandatory e2e sendrecv`,
			answer: `curr:qos e2e none
				des:qos mandatory e2e sendrecv`,
		},
		{
			name: "one direction at a time", ready: true,
			offer: `curr:qos local send
				curr:qos remote none
				des:qos mandatory local sendrecv
				des:qos optional remote send
				des:qos none remote recv`,
			answer: `curr:qos local sendrecv
				curr:qos remote recv
				des:qos optional local recv
				des:qos none local send
				des:qos mandatory remote sendrecv
				conf:qos remote send`,
		},
		{
			name: "optional only", ready: true, met: true,
			offer: `curr:qos local none
				curr:qos remote none
				des:qos optional local sendrecv
				des:qos optional remote sendrecv`,
			answer: `curr:qos local sendrecv
				curr:qos remote none
				des:qos optional local sendrecv
				des:qos optional remote sendrecv`,
		},
		{
			name: "nothing wanted", ready: true, met: true,
			offer: `curr:qos local none
				curr:qos remote none
				des:qos none local sendrecv
				des:qos none remote sendrecv`,
		},
		{
			name: "a type of the peer's own", ready: true,
			offer: `curr:sec local none
				des:sec mandatory local sendrecv`,
			answer: `curr:sec remote none
				des:sec mandatory remote sendrecv
				conf:sec remote sendrecv`,
		},
		{name: "none at all", ready: true, met: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			offer := description(tt.offer)
			lines := Resources{Used: true, Ready: tt.ready}.answer(parsed(offer))
			says(t, "answer", tt.answer, lines)
			if got := description(linesOf(lines)).Met(); got != tt.met {
				t.Errorf("met %v", got)
			}
			for i, table := range StatusTables(lines) {
				if table.Reverse().Reverse() != table {
					t.Errorf("table %d is not its reverse's reverse", i)
				}
			}
		})
	}
}

// TestPreconditionEncoding: a table that is read and written says the same (RFC 3312
// §5.1.1), in the shorter form where there are two.
func TestPreconditionEncoding(t *testing.T) {
	t.Parallel()
	const long = `curr:qos local none
		curr:qos remote none
		des:qos optional remote send
		des:qos none remote recv
		des:qos none local send
		des:qos none local recv
		conf:qos remote send
		conf:qos remote recv
		des:qos failure local send
		curr:qos nowhere send
		des:qos mandatory
		curr:qos local`
	const short = `curr:qos local none
		curr:qos remote none
		des:qos none local sendrecv
		des:qos optional remote send
		des:qos none remote recv
		conf:qos remote sendrecv`
	lines := preconditionsOf(description(long))
	says(t, "written", short, lines)
	if again := preconditionsOf(description(linesOf(lines))); !cmp.Equal(again, lines) {
		t.Errorf("read again: %v", again)
	}
}

// TestPreconditionOffer: what we offer, and what becomes of it when the answer raises a
// strength (RFC 3312 §5.2).
func TestPreconditionOffer(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PRE-12", "PAR-CRE-02")
	r := Resources{Used: true, Ready: true, Local: Optional, Remote: Optional}
	const dialOut = `curr:qos local sendrecv
		curr:qos remote none
		des:qos optional local sendrecv
		des:qos optional remote sendrecv`
	says(t, "dial-out", dialOut, r.offer(nil))
	answer := description(`curr:qos local none
		curr:qos remote sendrecv
		des:qos mandatory local sendrecv
		des:qos optional remote sendrecv
		conf:qos remote sendrecv`)
	if !answer.Confirms() || answer.Met() {
		t.Errorf("confirms %v, met %v", answer.Confirms(), answer.Met())
	}
	const after = `curr:qos local sendrecv
		curr:qos remote none
		des:qos optional local sendrecv
		des:qos mandatory remote sendrecv`
	says(t, "next offer", after, r.offer(statusOf(parsed(answer), true)))
	ue := Resources{Used: true, Local: Mandatory}
	const first = `curr:qos local none
		curr:qos remote none
		des:qos mandatory local sendrecv
		des:qos none remote sendrecv`
	says(t, "UE", first, ue.offer(nil))
}

// TestPreconditionRefusal: what can never be met is refused (RFC 3312 §8, §9).
func TestPreconditionRefusal(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PRE-09", "PRE-11")
	tests := []struct{ name, offer, hopeless, unmet string }{
		{
			name: "end to end", offer: "curr:qos e2e send\ndes:qos mandatory e2e sendrecv",
			hopeless: "des:qos failure e2e send\n", unmet: "des:qos failure e2e send\n",
		},
		{name: "end to end, but there", offer: "curr:qos e2e sendrecv\ndes:qos mandatory e2e sendrecv"},
		{name: "end to end, optional", offer: "curr:qos e2e none\ndes:qos optional e2e sendrecv"},
		{
			name: "unknown type", offer: "des:sec mandatory e2e sendrecv",
			hopeless: "des:sec unknown e2e sendrecv\n", unmet: "des:sec failure e2e sendrecv\n",
		},
		{
			name: "unknown type in our segment", offer: "curr:sec remote none\ndes:sec mandatory remote send",
			hopeless: "des:sec unknown local recv\n",
		},
		{
			name: "unknown type in the peer's", offer: "curr:sec local none\ndes:sec mandatory local sendrecv",
			unmet: "des:sec failure remote sendrecv\n",
		},
		{
			name:  "the UE stalls",
			offer: "curr:qos local none\ncurr:qos remote none\ndes:qos mandatory local sendrecv\ndes:qos mandatory remote sendrecv",
			unmet: "des:qos failure remote sendrecv\n",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			offer := description(tt.offer)
			for want, got := range map[string]*Session{tt.hopeless: offer.Hopeless(), tt.unmet + " ": offer.Unmet()} {
				want = strings.TrimSuffix(want, " ")
				if got == nil {
					if want != "" {
						t.Errorf("no refusal, want %s", want)
					}
					continue
				}
				if m := got.Media; len(m) != 1 || m[0].Port != 0 || linesOf(parsed(got)) != want {
					t.Errorf("refused with %+v, want %s", m, want)
				}
			}
			// A stream with port 0 has no preconditions (RFC 3312 §8.1).
			offer.Media[0].Port = 0
			if offer.Hopeless() != nil || offer.Unmet() != nil || !offer.Met() {
				t.Error("a refused stream counts")
			}
		})
	}
}
