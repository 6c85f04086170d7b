package flow

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestNames: a name that is misspelled is not taken for that of somebody of whom the flow
// only tells.
func TestNames(t *testing.T) {
	t.Parallel()
	const cast = "alice: over tcp\nbob: over udp\nproxy: off stage\n"
	for _, tt := range []struct{ steps, unknown string }{
		{"alice --> focus: BYE {a} SIP/2.0\nbob <-- focus: BYE {b} SIP/2.0\n", ""},
		{"alice --> proxy: BYE {a} SIP/2.0\nproxy --> focus: BYE {a} SIP/2.0\n", ""},
		{"focus: ends the conference\nbob: is asked\n", ""},
		{"alice --> focsu: BYE {a} SIP/2.0\n", "focsu"},
		{"bobby <-- focus: BYE {b} SIP/2.0\n", "bobby"},
		{"prxoy --> alice: BYE {b} SIP/2.0\n", "prxoy"},
		{"alcie: drops\n", "alcie"},
	} {
		file := filepath.Join(t.TempDir(), "flow.txt")
		if err := os.WriteFile(file, []byte(cast+tt.steps), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := read(file)
		if err != nil {
			t.Fatal(err)
		}
		err = s.known("focus")
		if got := err != nil; got != (tt.unknown != "") || got && !strings.HasSuffix(err.Error(), ":4: nobody is called "+tt.unknown) {
			t.Errorf("%s%v", tt.steps, err)
		}
	}
}
