package msrpwire_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/confab-chat/confab/msrp/msrpwire"
)

// BenchmarkDecode reads one frame lying whole in the buffer.
func BenchmarkDecode(b *testing.B) {
	ok := "MSRP K7mQ0zX9cV2bN4La 200 OK\r\n" + paths + "-------K7mQ0zX9cV2bN4La$\r\n"
	public := examples(b)["02-public.txt"][0]
	long := send(text, "\r\n"+strings.Repeat("0123456789-------\r\n", 3600)+"\r\n"+end)
	for _, wire := range []string{ok, public, long} {
		b.Run(fmt.Sprintf("%d", len(wire)), func(b *testing.B) {
			d := msrpwire.NewDecoder(msrpwire.Limits{})
			in := []byte(wire)
			b.SetBytes(int64(len(in)))
			b.ReportAllocs()
			for b.Loop() {
				if !drain(d, in) {
					b.Fatal("refused")
				}
			}
		})
	}
}

// BenchmarkCopy makes one copy of a message for one receiver.
func BenchmarkCopy(b *testing.B) {
	tids := msrpwire.NewTIDs()
	lines := []byte(paths)
	tail := []byte(strings.Repeat("x", 400))
	dst := make([]byte, 0, 4096)
	var tid [32]byte
	b.ReportAllocs()
	for b.Loop() {
		id, _ := tids.Append(tid[:0])
		dst = msrpwire.AppendCopy(dst[:0], id, lines, tail, msrpwire.Last)
	}
}

// BenchmarkResponse answers a SEND.
func BenchmarkResponse(b *testing.B) {
	h, _ := one(b, good)
	dst := make([]byte, 0, 4096)
	b.ReportAllocs()
	for b.Loop() {
		dst = msrpwire.AppendResponse(dst[:0], h, msrpwire.StatusOK, "")
	}
}

// BenchmarkParseURI reads a session URI.
func BenchmarkParseURI(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := msrpwire.ParseURI(toRoom); err != nil {
			b.Fatal(err)
		}
	}
}
