package server

import (
	"errors"
	"flag"
	"math"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/journal"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip/sipid"
)

// TestDiskFull runs TestOnAFullDisk in a process of its own, for the size of files is
// limited for a whole process.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	out, err := exec.CommandContext(t.Context(), os.Args[0], "-test.v", "-test.run=^TestOnAFullDisk$", dir).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: TestOnAFullDisk") {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestOnAFullDisk: while the store cannot be written, messages of a durable conference
// are refused, and the probe of the orchestrator says so; afterwards everything goes on
// by itself.
func TestOnAFullDisk(t *testing.T) {
	if flag.NArg() == 0 {
		t.Skip("TestDiskFull runs it")
	}
	signal.Ignore(syscall.SIGXFSZ)
	const idle = "sip:idle@conf.localhost"
	r := serve(t, func(c *config.Config) {
		lasting(flag.Arg(0))(c)
		c.Conferences = append(c.Conferences, c.Conferences[0])
		c.Conferences[1].URI = idle
	})
	alice := r.guest("tcp", "alice").join(lobby).connect()
	says := func(text string, status int) {
		t.Helper()
		alice.msrp.Expect(alice.msrp.Send(sipid.NewTag(), "message/cpim", cpim(alice.aor(), lobby, text)), status)
	}
	says("before", 200)
	if got := r.probe("/readyz"); got != http.StatusOK {
		t.Errorf("/readyz: %d", got)
	}

	limit(t, 4096)
	says("refused", 413)
	says("refused as well", 413)
	r.guest("tcp", "bob").refused(idle, 503)
	if err := r.directory.Reserve(t.Context(), made()); !errors.Is(err, journal.ErrUnavailable) {
		t.Errorf("reserved: %v", err)
	}
	if got := r.probe("/readyz"); got != http.StatusServiceUnavailable {
		t.Errorf("/readyz: %d", got)
	}

	limit(t, math.MaxInt64)
	looks := time.NewTicker(50 * time.Millisecond)
	defer looks.Stop()
	for end := time.Now().Add(testnet.Patience); r.probe("/readyz") != http.StatusOK; <-looks.C {
		if time.Now().After(end) {
			t.Fatal("/readyz stays as it is")
		}
	}
	says("afterwards", 200)
	r.guest("tcp", "bob").join(idle)
}

// limit bounds the files of this process.
func limit(t *testing.T, octets uint64) {
	t.Helper()
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &l); err != nil {
		t.Fatal(err)
	}
	l.Cur = min(octets, l.Max)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &l); err != nil {
		t.Fatal(err)
	}
}
