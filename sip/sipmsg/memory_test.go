package sipmsg_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/sipmsg/torture"
)

// What the parser allocates stays in proportion to the octets it was given.
func TestMemoryFollowsInput(t *testing.T) {
	conform.Covers(t, "SEC-05")
	inputs := map[string]string{
		"short fields": change("To:", strings.Repeat("a:\r\n", 10000)+"To:"),
		"folds":        change("To:", "X: "+strings.Repeat("\r\n ", 5000)+"\r\nTo:"),
		"commas":       change("To:", "Contact: "+strings.Repeat(",", 15000)+"\r\nTo:"),
		"hops":         change("Via:", "Via: "+strings.Repeat("SIP/2.0/UDP h;a;b;c;d;e;f;g;h;i;j,", 400)+"SIP/2.0/UDP h\r\nVia:"),
		"parameters":   change(";tag=1", strings.Repeat(";a", 7000)),
		"URI":          change("INVITE sip:b@h", "INVITE sip:b@h"+strings.Repeat(";a", 4000)),
		"length":       change("Contact", "Content-Length: 2147483647\r\nContact"),
		"quotes":       change("To: ", `To: "`+strings.Repeat(`\"`, 7000)+`" `),
	}
	for _, v := range torture.Vectors() {
		inputs[v.Name] = string(v.Octets())
	}
	for name, input := range inputs {
		octets := []byte(input)
		parse := func() {
			_, _ = sipmsg.ParseDatagram(octets, sipmsg.Limits{})
			_, _, _ = sipmsg.ParseStream(octets, sipmsg.Limits{})
		}
		if got, limit := allocated(parse), uint64(32*len(octets)+32<<10); got > limit {
			t.Errorf("%s: %d octets of input take %d of memory", name, len(octets), got)
		}
	}
}

// allocated measures the octets that f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// A body that comes in octet by octet is looked at once.
func BenchmarkStreamOctetByOctet(b *testing.B) {
	wire := []byte(strings.Replace(bare, "\r\n\r\n", "\r\nContent-Length: 100000\r\n\r\n", 1) + strings.Repeat("x", 100000))
	b.SetBytes(int64(len(wire)))
	for b.Loop() {
		var s sipmsg.Stream
		for n := range wire {
			if _, _, err := s.Next(wire[:n+1]); err == nil {
				break
			}
		}
	}
}
