package interop

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long anything may take, programs included: machines are slow, and
// have other work to do.
const patience = 4 * time.Minute

// scratch is where the program is built; it lasts as long as the test binary.
var scratch string

// program builds confab once for all tests and returns its path.
var program = sync.OnceValues(func() (string, error) {
	path := filepath.Join(scratch, "confab")
	out, err := exec.Command("go", "build", "-o", path, "github.com/confab-chat/confab/cmd/confab").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == asCallee {
		if err := answerCalls(os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	var err error
	if scratch, err = os.MkdirTemp("", "confab-interop-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(scratch)
	os.Exit(code)
}

// confab returns the path of the built program.
func confab(t *testing.T) string {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// peer returns the path of a foreign program, or skips the test.
func peer(t *testing.T, name, debianPackage string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("interop tests are left out by -short")
	}
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed (Debian package %s)", name, debianPackage)
	}
	return path
}

// served is a running `confab serve`.
type served struct {
	// Addr has the address of each listener, by "sip/udp", "sip/tcp", "msrp/tcp".
	Addr map[string]string
}

// serve runs `confab serve` with config until the test ends, and fails the test
// if the server does not become ready or does not drain cleanly.
func serve(t *testing.T, config string) *served {
	t.Helper()
	file := filepath.Join(t.TempDir(), "confab.yaml")
	config += "limits: {cpu_wait: 0s}\n" // nobody is turned away because the machine is busy with tests
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(context.Background()) // not the test's: those who visit leave first
	cmd := exec.CommandContext(ctx, confab(t), "serve", "--config", file)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = patience
	stderr, err := cmd.StderrPipe()
	if err != nil {
		end()
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		end()
		t.Fatal(err)
	}
	s := &served{Addr: map[string]string{}}
	ready := make(chan struct{})
	drained := make(chan struct{})
	go s.follow(stderr, ready, drained)
	t.Cleanup(func() {
		end()
		<-drained
		if err := cmd.Wait(); err != nil && cmd.ProcessState.ExitCode() != 0 {
			t.Errorf("confab serve: %v", err)
		}
	})
	select {
	case <-ready:
	case <-drained:
		t.Fatal("confab serve ended before it was ready")
	case <-time.After(patience):
		t.Fatalf("confab serve is not ready after %v", patience)
	}
	return s
}

// follow reads the log: it notes the listeners until the server is ready, and
// the rest is dropped.
func (s *served) follow(log io.Reader, ready, drained chan<- struct{}) {
	defer close(drained)
	listening := regexp.MustCompile(`msg=listening proto=(\w+) transport=(\w+) addr=(\S+)`)
	readyLine := regexp.MustCompile(`msg=ready\b`)
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		if m := listening.FindStringSubmatch(lines.Text()); m != nil {
			s.Addr[m[1]+"/"+m[2]] = m[3]
		}
		if readyLine.MatchString(lines.Text()) && ready != nil {
			close(ready)
			ready = nil
		}
	}
}

// timeout returns a context that ends with the test or when patience is at an end.
func timeout(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}
