package main

import (
	"bufio"
	"fmt"
	"io"
	"runtime"
)

// tell answers each line that it reads with what the process has used: "cpu" with the
// processor time so far, in nanoseconds, kernel included; "memory" with the octets of the
// heap and of stacks after a collection, and the number of goroutines.
func tell(in io.Reader, out io.Writer) error {
	asked := bufio.NewScanner(in)
	for asked.Scan() {
		figures := processorTime
		if asked.Text() == "memory" {
			figures = memoryInUse
		}
		line, err := figures()
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintln(out, line...); err != nil {
			return err
		}
	}
	return asked.Err()
}

func memoryInUse() ([]any, error) {
	runtime.GC()
	runtime.GC() // empties the pools, too
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return []any{m.HeapAlloc, m.StackInuse, runtime.NumGoroutine()}, nil
}
