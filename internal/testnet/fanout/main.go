package fanout

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/pprof"
	"strconv"
	"testing"

	"github.com/confab-chat/confab/internal/testnet"
)

// asServer as the first argument makes a test binary the server under test, asBare
// a bare one. What carries its octets and the numbers it is told come next.
const (
	asServer = "fan-out-server"
	asBare   = "fan-out-bare-server"
)

// What can carry MSRP.
const (
	TCP       = "tcp"
	TLS       = "tls"
	WebSocket = "ws"
)

// profileDir names, in the environment, the folder for a CPU profile of each server.
const profileDir = "CONFAB_PROFILE"

// Over returns, in a process that [Main] runs as a server, what is to carry MSRP.
func Over() string { return os.Args[2] }

// Main is for TestMain: it runs the tests, or, in a process that [Run] or [Idle]
// made, serve, which writes to out its address, a line for each of its n members,
// and then calls [Usage].
func Main(m *testing.M, serve func(n int, out io.Writer) error) (code int) {
	if len(os.Args) < 4 || os.Args[1] != asServer && os.Args[1] != asBare {
		return m.Run()
	}
	if err := run(os.Args[3:], serve); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func run(args []string, serve func(n int, out io.Writer) error) error {
	numbers := make([]int, len(args))
	for i, arg := range args {
		var err error
		if numbers[i], err = strconv.Atoi(arg); err != nil {
			return err
		}
	}
	stop, err := profile()
	if err != nil {
		return err
	}
	defer stop()
	if os.Args[1] == asBare {
		return serveBare(Over(), shapeOf(numbers), os.Stdout)
	}
	return serve(numbers[0], os.Stdout)
}

// profile writes a CPU profile of this process until stop, if one is wanted.
func profile() (stop func(), err error) {
	dir := os.Getenv(profileDir)
	if dir == "" {
		return func() {}, nil
	}
	f, err := os.CreateTemp(dir, os.Args[1]+"-"+Over()+"-*.pprof")
	if err != nil {
		return nil, err
	}
	return pprof.StopCPUProfile, pprof.StartCPUProfile(f)
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
	used, err := testnet.CPUTime()
	return used.Nanoseconds(), err
}

func memoryInUse() (int64, error) {
	runtime.GC()
	runtime.GC() // empties the pools, too
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse), nil //nolint:gosec // far below 1<<63
}
