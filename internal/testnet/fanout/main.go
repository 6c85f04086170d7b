package fanout

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"testing"
)

// asServer as the first argument makes a test binary a server of the kind and
// size that the next two say.
const asServer = "fan-out-server"

// kindBare is the bare server; any other kind is the one under test, named after
// what carries its octets.
const kindBare = "bare"

// What can carry MSRP.
const (
	TCP       = "tcp"
	TLS       = "tls"
	WebSocket = "ws"
)

// Over returns, in a process that [Main] runs as a server, what is to carry MSRP.
func Over() string { return os.Args[2] }

// Main is for TestMain: it runs the tests, or, in a process that [Run] or [Idle]
// made, serve, which writes to out its address, a line for each of its n members,
// and then calls [Usage].
func Main(m *testing.M, serve func(n int, out io.Writer) error) (code int) {
	if len(os.Args) < 4 || os.Args[1] != asServer {
		return m.Run()
	}
	if err := run(os.Args[2], os.Args[3:], serve); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func run(kind string, args []string, serve func(n int, out io.Writer) error) error {
	numbers := make([]int, len(args))
	for i, arg := range args {
		var err error
		if numbers[i], err = strconv.Atoi(arg); err != nil {
			return err
		}
	}
	if kind == kindBare {
		return serveBare(shapeOf(numbers), os.Stdout)
	}
	return serve(numbers[0], os.Stdout)
}

// What a server is asked, each a line.
const (
	askUsage  = "usage"  // the CPU time used so far, in nanoseconds
	askMemory = "memory" // the octets in use
)

// Usage answers the lines of the standard input, which ask what the server has
// used so far, until that ends.
func Usage(out io.Writer) error {
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		figure := cpuTime
		if in.Text() == askMemory {
			figure = memoryInUse
		}
		n, err := figure()
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintln(out, n); err != nil {
			return err
		}
	}
	return in.Err()
}

func cpuTime() (int64, error) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, err
	}
	return u.Utime.Nano() + u.Stime.Nano(), nil
}

func memoryInUse() (int64, error) {
	runtime.GC()
	runtime.GC() // empties the pools, too
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse), nil //nolint:gosec // far below 1<<63
}
