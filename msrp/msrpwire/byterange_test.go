package msrpwire_test

import (
	"testing"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/msrp/msrpwire"
)

func TestByteRange(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "MSRP-FRM-18")
	const star, most = msrpwire.Unknown, 1<<63 - 1
	for _, tt := range []struct {
		value string
		want  msrpwire.Range // zero: refused
		wrote string         // "" if as read
	}{
		{"1-8/8", msrpwire.Range{Start: 1, End: 8, Total: 8}, ""},
		{"1-*/*", msrpwire.Range{Start: 1, End: star, Total: star}, ""},
		{"1-*/8", msrpwire.Range{Start: 1, End: star, Total: 8}, ""},
		{"1-8/*", msrpwire.Range{Start: 1, End: 8, Total: star}, ""},
		{"1-9/8", msrpwire.Range{Start: 1, End: 9, Total: 8}, ""},
		{"1-3170/3169", msrpwire.Range{Start: 1, End: 3170, Total: 3169}, ""},
		{"1-0/0", msrpwire.Range{Start: 1, End: 0, Total: 0}, ""},
		{"007-0009/09", msrpwire.Range{Start: 7, End: 9, Total: 9}, "7-9/9"},
		{"9223372036854775807-*/9223372036854775807", msrpwire.Range{Start: most, End: star, Total: most}, ""},
		{value: "0-5/5"},
		{value: "9223372036854775808-*/*"},
		{value: "1-9223372036854775808/*"},
		{value: "1-*/99999999999999999999"},
		{value: "1-*/00000000000000000001"},
		{value: "*-5/5"},
		{value: "-5/5"},
		{value: "1-/5"},
		{value: "1-5/"},
		{value: "1-5"},
		{value: "1/5"},
		{value: "1-5/5 "},
		{value: "1 - 5/5"},
		{value: "+1-5/5"},
		{value: "1-5/x"},
		{value: "1-**/5"},
		{value: ""},
	} {
		r, ok := msrpwire.ParseRange([]byte(tt.value))
		if r != tt.want || ok == r.IsZero() {
			t.Errorf("%q read as %+v, %v", tt.value, r, ok)
		}
		if tt.wrote == "" {
			tt.wrote = tt.value
		}
		if ok && string(r.Append(nil)) != tt.wrote {
			t.Errorf("%q written as %q", tt.value, r.Append(nil))
		}
	}
	for _, value := range []string{"0-5/5", "x", "1-*/99999999999999999999"} {
		if err := refusal(t, send("Message-ID: m123\nByte-Range: "+value+"\n", end)); !isBad(err) {
			t.Errorf("%q in a SEND: %s", value, err)
		}
	}
	// An end below the start is refused with the first octet of a body.
	if err := refusal(t, send("Message-ID: m123\nByte-Range: 3-2/9\nContent-Type: a/b\n", "\r\nx\r\n"+end)); !isBad(err) {
		t.Errorf("3-2/9: %s", err)
	}
	// A wrong end, or one above the total, changes nothing.
	for _, value := range []string{"1-9/8", "1-25/25", "1-1/1"} {
		if _, m := one(t, send("Message-ID: m123\nByte-Range: "+value+"\nContent-Type: a/b\n", "\r\nabc\r\n"+end)); m.Body != "abc" || m.Err != "" {
			t.Errorf("%s: %+v", value, m)
		}
	}
	if first := (msrpwire.Range{}).First(); first != 1 {
		t.Errorf("absent range starts at %d", first)
	}
}
