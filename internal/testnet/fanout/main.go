package fanout

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strconv"
	"syscall"
	"testing"
)

// asServer as the first argument makes a test binary a server of the kind and
// size that the next two say.
const asServer = "fan-out-server"

// kindBare is the kind of the bare server.
const kindBare = "bare"

// Main is for TestMain: it runs the tests, or, in a process that [Start] made,
// serve, which writes to out its address, a line for each of its n members, and
// then calls [Usage].
func Main(m *testing.M, serve func(n int, out io.Writer) error) (code int) {
	if len(os.Args) < 4 || os.Args[1] != asServer {
		return m.Run()
	}
	n, err := strconv.Atoi(os.Args[3])
	switch {
	case err != nil:
	case os.Args[2] == kindBare:
		err = serveBare(n, os.Stdout)
	default:
		err = serve(n, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// Usage writes to out the CPU time used so far, in nanoseconds, for each line
// of the standard input, until that ends.
func Usage(out io.Writer) error {
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(out, u.Utime.Nano()+u.Stime.Nano()); err != nil {
			return err
		}
	}
	return in.Err()
}
