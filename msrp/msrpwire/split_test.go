package msrpwire_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/msrp/msrpwire"
)

// randomStream makes a stream of n messages of every kind, good and bad, with
// bodies that look like end-lines.
func randomStream(r *rand.Rand, n int) string {
	var s strings.Builder
	for i := range n {
		tid := fmt.Sprintf("t%dx%d", i, r.IntN(1000))
		to, from := toRoom, toAlice
		if r.IntN(3) == 0 {
			from = "msrps://relay.example:9000/abc;tcp " + toAlice
		}
		p := "To-Path: " + to + "\r\nFrom-Path: " + from + "\r\n"
		flag := "$+#"[r.IntN(3)]
		switch r.IntN(9) {
		case 0:
			fmt.Fprintf(&s, "MSRP %s 200 OK\r\n%s-------%s$\r\n", tid, p, tid)
		case 1:
			fmt.Fprintf(&s, "MSRP %s REPORT\r\n%sMessage-ID: m%d\r\nByte-Range: 1-5/5\r\nStatus: 000 200 OK\r\n-------%s%c\r\n", tid, p, i, tid, flag)
		case 2:
			fmt.Fprintf(&s, "\r\nMSRP %s SEND\r\n%sMessage-ID: m%d\r\n\r\n-------%s%c\r\n", tid, p, i, tid, flag)
		case 3: // refused: paths in the wrong order
			fmt.Fprintf(&s, "MSRP %s SEND\r\nFrom-Path: %s\r\nTo-Path: %s\r\nContent-Type: a/b\r\n\r\nX%s\r\n-------%s$\r\n", tid, from, to, body(r, tid), tid)
		case 4: // refused: body without a type
			fmt.Fprintf(&s, "MSRP %s SEND\r\n%sMessage-ID: m1\r\n\r\nX%s\r\n-------%s$\r\n", tid, p, body(r, tid), tid)
		case 5: // refused at its end unless the flag is $
			fmt.Fprintf(&s, "MSRP %s SEND\r\n%sContent-Type: a/b\r\n\r\n%s\r\n-------%s%c\r\n", tid, p, body(r, tid), tid, flag)
		default:
			fmt.Fprintf(&s, "MSRP %s SEND\r\n%sMessage-ID: m%d\r\nX-Other: %d\r\nByte-Range: 1-*/*\r\nContent-Type: a/b\r\n\r\n%s\r\n-------%s%c\r\n",
				tid, p, i, i, body(r, tid), tid, flag)
		}
	}
	return s.String()
}

// body makes octets that hold much of what ends a body, but never all of it.
func body(r *rand.Rand, tid string) string {
	var s strings.Builder
	for range r.IntN(12) {
		s.WriteString([]string{
			"\r\n", "\r", "\n", "-", "-------", "\r\n-------", tid, tid[:1], "$x", "\r\n-------" + tid + "x",
			"\r\n-------" + tid + "$x", "\r\n-------" + tid + "$\rx", "\x00\xff", "some text", "\r\n--------" + tid + "x",
		}[r.IntN(15)])
	}
	return s.String() + "."
}

// TestRandomCuts reads streams of 50 messages in pieces of random length.
func TestRandomCuts(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "MSRP-FRM-14")
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 1))
		wire := randomStream(r, 50)
		want, rest := play(t, msrpwire.NewDecoder(msrpwire.Limits{}), wire)
		if rest != "" || len(want) != 50 {
			t.Fatalf("seed %d: %d messages, %q left over", seed, len(want), rest)
		}
		for _, longest := range []int{1, 3, 40, 1000} {
			got, rest := play(t, msrpwire.NewDecoder(msrpwire.Limits{}), cutUp(r, wire, longest)...)
			if diff := cmp.Diff(want, got); diff != "" || rest != "" {
				t.Fatalf("seed %d, pieces up to %d (-whole +pieces):\n%s\nleft over %q", seed, longest, diff, rest)
			}
		}
	}
}

// cutUp cuts s into pieces of 1 to longest octets.
func cutUp(r *rand.Rand, s string, longest int) (pieces []string) {
	for len(s) > 0 {
		n := min(len(s), 1+r.IntN(longest))
		pieces = append(pieces, s[:n])
		s = s[n:]
	}
	return pieces
}
