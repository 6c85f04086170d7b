package msrpwire_test

import (
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/msrp/msrpwire"
)

// uris returns a path of n URIs.
func uris(n int) string { return strings.TrimSuffix(strings.Repeat(toAlice+" ", n), " ") }

func TestLimits(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "MSRP-FRM-23")
	x := func(n int) string { return strings.Repeat("x", n) }
	line := "X: " + x(4093) + "\n" // 4,096 octets and a line end
	block := 16384 - len(paths)    // what is left of the header block
	for _, tt := range []struct {
		name string
		wire func(more int) string // at the limit with 0, above it with 1
		want string                // error above the limit
	}{
		{
			"start line",
			func(more int) string { return "MSRP abcd1 200 " + x(1024-15+more) + "\r\n" + paths + end },
			"msrp: Start line too long" + dead,
		},
		{
			"header line",
			func(more int) string { return send("X: "+x(4093+more)+"\n", end) },
			bad + "Header line too long" + dead,
		},
		{
			"header block",
			func(more int) string {
				return send(strings.Repeat(line, 3)+"X: "+x(block-3*(4096+2)-5+more)+"\n", end)
			},
			bad + "Header too long" + dead,
		},
		{
			"header lines",
			func(more int) string { return send(strings.Repeat("X: 1\n", 62+more), end) },
			bad + "Too many header lines" + dead,
		},
		{
			"URIs of a path",
			func(more int) string {
				return "MSRP abcd1 SEND\r\nTo-Path: " + uris(8+more) + "\r\nFrom-Path: " + uris(8) + "\r\n" + end
			},
			bad + "Too many URIs" + dead,
		},
	} {
		if err := refusal(t, tt.wire(0)); err != "" {
			t.Errorf("%s at the limit: %s", tt.name, err)
		}
		above := tt.wire(1)
		if err := refusal(t, above); err != tt.want {
			t.Errorf("%s above the limit: %s", tt.name, err)
		}
		bytewise, _ := play(t, msrpwire.NewDecoder(msrpwire.Limits{}), strings.Split(above, "")...)
		if len(bytewise) != 1 || bytewise[0].Err != tt.want {
			t.Errorf("%s above the limit, octet by octet: %+v", tt.name, bytewise)
		}
	}
	// Before both paths are known nothing can be answered.
	if err := refusal(t, "MSRP abcd1 SEND\r\nTo-Path: "+x(5000)); err != "msrp: Header line too long"+dead {
		t.Error(err)
	}
}

func TestOwnLimits(t *testing.T) {
	t.Parallel()
	l := msrpwire.Limits{
		StartLine: 20, HeaderLine: 80, HeaderBlock: 200, HeaderLines: 4, PathURIs: 1, OtherBody: 5, Skipped: 5, BlankLines: 1,
	}
	report := "MSRP abcd1 REPORT\r\n" + paths + "Content-Type: a/b\r\n\r\n12345%\r\n" + end
	for _, tt := range []struct{ wire, want string }{
		{good, ""},
		{"MSRP abcd1 200 123456\r\n" + paths + end, "Start line too long"},
		{send("X: "+strings.Repeat("x", 78)+"\n", end), "Header line too long"},
		{send("X: "+strings.Repeat("x", 70)+"\n", end), "Header too long"},
		{send("X: 1\nX: 1\nX: 1\n", end), "Too many header lines"},
		{"MSRP abcd1 SEND\r\nTo-Path: a b\r\n" + end, "Too many URIs"},
		{strings.ReplaceAll(report, "%", ""), ""},
		{strings.ReplaceAll(report, "%", "6"), "Body too long"},
		{"\r\n" + good, ""},
		{"\r\n\r\n" + good, "Too many empty lines"},
		{"MSRP abcd1 SEND\r\nFrom-Path: " + toAlice + "\r\nContent-Type: a/b\r\n\r\n123456\r\n" + end, "Too much"},
	} {
		got, _ := play(t, msrpwire.NewDecoder(l), tt.wire)
		if len(got) == 0 {
			t.Errorf("%q: nothing read", tt.wire)
		} else if err := got[len(got)-1].Err; !strings.Contains(err, tt.want) || (tt.want == "") != (err == "") {
			t.Errorf("%q: %s", tt.wire, err)
		}
	}
}

// TestSlowHeadCostsLittle feeds the largest head octet by octet: only complete
// lines may make the decoder look at it again.
func TestSlowHeadCostsLittle(t *testing.T) {
	t.Parallel()
	wire := []byte("MSRP abcd1 SEND\r\n" + paths + strings.Repeat("X: "+strings.Repeat("\n", 4000)+"\r\n", 3))
	d := msrpwire.NewDecoder(msrpwire.Limits{})
	for n := range wire {
		if ev, taken, err := d.Next(wire[:n]); ev != msrpwire.NeedMore || taken != 0 || err != nil {
			t.Fatal(ev, taken, err)
		}
	}
}
