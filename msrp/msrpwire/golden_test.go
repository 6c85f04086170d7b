package msrpwire_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/msrp/msrpwire"
)

// TestExamples reads the wire examples and writes them again.
func TestExamples(t *testing.T) {
	t.Parallel()
	// The examples have canonical order and spelling, and are framed by their
	// end-lines whatever their ranges say.
	conform.Covers(t, "MSRP-FRM-09", "MSRP-FRM-12")
	for name, messages := range examples(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, wire := range messages {
				h, m := one(t, wire)
				if m.Err != "" {
					t.Fatalf("%s: refused %q", m.Err, wire)
				}
				out, err := h.Append(nil)
				if err != nil {
					t.Fatalf("%v: %q", err, wire)
				}
				out = append(out, m.Body...)
				out = msrpwire.AppendEnd(out, h.TID, msrpwire.Flag(m.Flag[0]), h.HasBody)
				if diff := cmp.Diff(wire, string(out)); diff != "" {
					t.Errorf("written again (-read +written):\n%s", diff)
				}
				if r := h.ByteRange; h.Method == msrpwire.SEND && r.End >= 0 && int(r.End-r.Start+1) != len(m.Body) {
					t.Errorf("body of %d octets in %v", len(m.Body), r)
				}
			}
		})
	}
}

// TestEveryCut reads each conversation cut at every octet.
func TestEveryCut(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "MSRP-FRM-14")
	for name, messages := range examples(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wire := strings.Join(messages, "")
			if len(wire) > 6000 {
				wire = wire[len(wire)-6000:]
				wire = wire[strings.Index(wire, "MSRP "):]
			}
			want, rest := play(t, msrpwire.NewDecoder(msrpwire.Limits{}), wire)
			if rest != "" {
				t.Fatalf("left over: %q", rest)
			}
			for cut := 1; cut < len(wire); cut++ {
				got, rest := play(t, msrpwire.NewDecoder(msrpwire.Limits{}), wire[:cut], wire[cut:])
				if diff := cmp.Diff(want, got); diff != "" || rest != "" {
					t.Fatalf("cut at %d (-whole +cut):\n%s\nleft over %q", cut, diff, rest)
				}
			}
		})
	}
}

// TestReadsInPlace shows that nothing is allocated for a message that lies whole
// in the buffer.
func TestReadsInPlace(t *testing.T) {
	d := msrpwire.NewDecoder(msrpwire.Limits{})
	// Behind a relay requests and responses have different paths.
	in := []byte(strings.ReplaceAll(good, "From-Path: ", "From-Path: msrps://relay.example:9000/abc;tcp ") +
		"MSRP K7mQ0zX9cV2bN4La 200 OK\r\n" + paths + "-------K7mQ0zX9cV2bN4La$\r\n")
	in = append(in, strings.Repeat(string(in), 3)...)
	if allocs := testing.AllocsPerRun(100, func() { drain(d, in) }); allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

// drain reads all of b and reports whether it was free of errors. It stands in
// benchmarks, where tb.Helper would be most of the cost.
func drain(d *msrpwire.Decoder, b []byte) bool {
	for {
		ev, n, err := d.Next(b)
		if err != nil || ev == msrpwire.NeedMore {
			return err == nil
		}
		b = b[n:]
	}
}
