package limits_test

import (
	"bytes"
	"log/slog"
	"net/netip"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/limits"
	"github.com/confab-chat/confab/internal/testnet"
)

func TestConnections(t *testing.T) {
	t.Parallel()
	c := limits.NewConnections(2, nil)
	a, b := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("::ffff:192.0.2.1")
	six, other := netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8::2")
	if !c.Acquire(a) || !c.Acquire(b) || c.Acquire(a) {
		t.Error("an IPv4 address has two connections, however it is written")
	}
	if !c.Acquire(six) || !c.Acquire(other) || c.Acquire(six) {
		t.Error("an IPv6 network has two connections")
	}
	if c.Refused() != 2 || c.Networks() != 2 {
		t.Errorf("%d refused, %d networks", c.Refused(), c.Networks())
	}
	c.Release(a)
	if !c.Acquire(a) {
		t.Error("what was given back can be had again")
	}
	for _, addr := range []netip.Addr{a, b, six, other} {
		c.Release(addr)
	}
	if c.Networks() != 0 {
		t.Errorf("%d networks remembered", c.Networks())
	}
	free := limits.NewConnections(0, nil)
	for range 1000 {
		if !free.Acquire(a) {
			t.Fatal("no limit")
		}
	}
}

// TestFiles: of a hundred descriptors ten are not for connections.
func TestFiles(t *testing.T) {
	t.Parallel()
	used, most := 0, 100
	f := limits.NewFiles(func() (int, int) { return used, most })
	c := limits.NewConnections(0, f)
	addr := netip.MustParseAddr("192.0.2.1")
	for used = range 120 {
		if want := used <= 90; f.Left() != want || c.Acquire(addr) != want {
			t.Errorf("%d used, want %v", used, want)
		}
	}
	if f.Refused() != 2*29 || c.Refused() != 0 {
		t.Errorf("%d and %d refused", f.Refused(), c.Refused())
	}
	if most = 0; !f.Left() {
		t.Error("nobody knows how many there are")
	}
}

// TestFilesOfTheProcess: the system has enough for a test.
func TestFilesOfTheProcess(t *testing.T) {
	t.Parallel()
	f := limits.NewFiles(nil)
	for range 100 {
		if file, err := os.Open(os.DevNull); err != nil || !f.Left() {
			t.Fatalf("%v; %d refused", err, f.Refused())
		} else {
			t.Cleanup(func() { _ = file.Close() })
		}
	}
}

func TestLoad(t *testing.T) {
	t.Parallel()
	var wait time.Duration
	l := limits.NewLoad(100*time.Millisecond, func() time.Duration { return wait })
	turned := func() (n int) {
		for i := range 1000 {
			if l.TurnsAway("call-" + strconv.Itoa(i)) {
				n++
			}
		}
		return n
	}
	steps := []struct {
		wait  time.Duration
		times int
		share float64
	}{
		{10 * time.Millisecond, 3, 0},
		{101 * time.Millisecond, 1, 0}, // once is no load
		{101 * time.Millisecond, 1, 0.1},
		{time.Second, 4, 0.5},
		{60 * time.Millisecond, 5, 0.5}, // between half of the target and the target
		{time.Second, 21, 1},
		{49 * time.Millisecond, 10, 0.5},
		{0, 20, 0},
	}
	for i, step := range steps {
		wait = step.wait
		for range step.times {
			l.Measure()
		}
		if l.Share() != step.share || l.Wait() != step.wait {
			t.Errorf("step %d: share %v, want %v", i, l.Share(), step.share)
		}
		if n := float64(turned()) / 1000; n < step.share-0.08 || n > step.share+0.08 {
			t.Errorf("step %d: %v turned away, want %v", i, n, step.share)
		}
	}
	before := l.Refused()
	wait = time.Second
	l.Measure()
	l.Measure()
	key := ""
	for i := 0; key == ""; i++ {
		if k := strconv.Itoa(i); l.TurnsAway(k) {
			key = k
		}
	}
	l.Measure()
	if !l.TurnsAway(key) {
		t.Error("who was turned away gets in when the load has grown")
	}
	if l.Refused() != before+2 {
		t.Errorf("%d refusals counted", l.Refused()-before)
	}
	off := limits.NewLoad(0, func() time.Duration { return time.Hour })
	off.Measure()
	if off.TurnsAway("x") {
		t.Error("switched off")
	}
}

// TestLoadOfProcessors: goroutines that want more processors than there are wait.
func TestLoadOfProcessors(t *testing.T) {
	l := limits.NewLoad(time.Millisecond, nil)
	var stop atomic.Bool
	var busy sync.WaitGroup
	for range 8 * runtime.GOMAXPROCS(0) {
		busy.Go(func() {
			for turns := 0; !stop.Load(); turns++ {
				runtime.KeepAlive(turns) // that is all it does
			}
		})
	}
	for end := time.Now().Add(testnet.Patience); l.Wait() < time.Millisecond; {
		if time.Now().After(end) {
			t.Errorf("they wait %v", l.Wait())
			break
		}
		<-time.After(20 * time.Millisecond)
		l.Measure()
	}
	stop.Store(true)
	busy.Wait()
}

func TestSampled(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	now := time.Unix(1_000_000, 0)
	h := limits.NewSampled(slog.NewTextHandler(&out, nil), func() time.Time { return now })
	log := slog.New(h)
	for range 100 {
		log.With("a", 1).WithGroup("g").Info("INVITE refused")
		log.Warn("odd")
	}
	log.Info("other")
	count := func(text string) int { return strings.Count(out.String(), text) }
	if count("INVITE refused") != limits.Burst || count("odd") != 100 || count("msg=other") != 1 {
		t.Errorf("written:\n%s", out.String())
	}
	now = now.Add(limits.Period)
	log.Info("INVITE refused")
	if count("omitted=80") != 1 || h.Omitted() != 80 {
		t.Errorf("written:\n%s", out.String())
	}
}
