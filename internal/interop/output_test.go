package interop

import (
	"regexp"
	"strconv"
	"testing"
)

// successful reads the number of successful calls from SIPp's last screen.
func successful(t *testing.T, out []byte) int {
	t.Helper()
	lines := regexp.MustCompile(`Successful call\s*\|\s*\d+\s*\|\s*(\d+)`).FindAllSubmatch(out, -1)
	if len(lines) == 0 {
		t.Fatalf("no statistics in SIPp's output:\n%s", tail(out))
	}
	n, err := strconv.Atoi(string(lines[len(lines)-1][1]))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// tail returns what out ends with.
func tail(out []byte) []byte {
	return out[max(0, len(out)-4000):]
}
