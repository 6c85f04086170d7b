package cpim_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/confab-chat/confab/cpim"
)

// firstComplete returns how many octets of s, given one by one, complete its
// header block, -1 if they never do.
func firstComplete(s string, l cpim.Limits) (int, error) {
	scanner := cpim.Scanner{Limits: l}
	for n := range len(s) + 1 {
		if complete, err := scanner.Scan([]byte(s[:n])); complete || err != nil {
			return n, err
		}
	}
	return -1, nil
}

func TestScanner(t *testing.T) {
	t.Parallel()
	for _, object := range []string{public, blink, from + to + mime + "Hi", from + to + "Content-Type: a/b\r\n\r\nHi", "\n\nHi"} {
		m, _ := cpim.Parse([]byte(object), cpim.Limits{})
		n, err := firstComplete(object, cpim.Limits{})
		if err != nil || n != m.HeaderLen || n == 0 {
			t.Errorf("%q: complete after %d of %d, %v", object, n, m.HeaderLen, err)
		}
		var whole cpim.Scanner
		for range 2 {
			if complete, err := whole.Scan([]byte(object)); !complete || err != nil {
				t.Errorf("%q as a whole: %v, %v", object, complete, err)
			}
		}
	}
	for _, object := range []string{"", from + to, from + to + "\r\n", from + to + "\r\nContent-Type: a/b\r\n", from + to + "\r\nContent-Type: a/b\r\n\r"} {
		if n, err := firstComplete(object, cpim.Limits{}); n != -1 || err != nil {
			t.Errorf("%q: complete after %d, %v", object, n, err)
		}
	}
}

func TestScannerLimits(t *testing.T) {
	t.Parallel()
	l := cpim.Limits{Header: 20, Lines: 2}
	for _, tt := range []struct {
		object string
		at     int
	}{
		{strings.Repeat("x", 30), 21},
		{"a: b\r\nc: d\r\ne: f\r\n", 18},
		{"a: b\r\n" + strings.Repeat("x", 30), 21},
	} {
		n, err := firstComplete(tt.object, l)
		var e *cpim.Error
		if n != tt.at || !errors.As(err, &e) || e.Status != 400 {
			t.Errorf("%q: %v after %d", tt.object, err, n)
		}
	}
}
