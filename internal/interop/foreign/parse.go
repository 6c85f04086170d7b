package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"testing"

	"github.com/emiago/sipgo/sip"
)

// parse measures how long the library takes to read, and to write, the message
// on the standard input, and prints a line of each as benchmarks do.
func parse() error {
	octets, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	parser := sip.NewParser()
	message, err := parser.ParseSIP(octets)
	if err != nil {
		return err
	}
	read := testing.Benchmark(func(b *testing.B) {
		b.Helper()
		for b.Loop() {
			if _, err := parser.ParseSIP(octets); err != nil {
				b.Fatal(err)
			}
		}
	})
	written := testing.Benchmark(func(b *testing.B) {
		b.Helper()
		var out bytes.Buffer
		for b.Loop() {
			out.Reset()
			message.StringWrite(&out)
		}
	})
	fmt.Println(read.NsPerOp(), read.AllocsPerOp())       //nolint:forbidigo // the benchmark reads it
	fmt.Println(written.NsPerOp(), written.AllocsPerOp()) //nolint:forbidigo // as above
	return nil
}
