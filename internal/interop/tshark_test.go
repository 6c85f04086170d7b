package interop

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/demo"
)

// prelude is what the demo writes; heard is told its first part, the listeners, before
// anybody uses one.
type prelude struct {
	bytes.Buffer
	heard func(listeners string)
}

func (p *prelude) Write(line []byte) (int, error) {
	if p.heard != nil && bytes.HasPrefix(line, []byte("\n")) { // the first act
		p.heard(p.String())
		p.heard = nil
	}
	return p.Buffer.Write(line)
}

// TestTsharkReadsDemo captures the traffic of the demo and has tshark read it: no
// malformed packet in SIP, SDP or MSRP, and some of each.
func TestTsharkReadsDemo(t *testing.T) {
	tshark := peer(t, "tshark", "tshark")
	capture := filepath.Join(t.TempDir(), "demo.pcapng")
	read := []string{"-r", capture, "-n"}
	stop := func() { t.Error("the demo names no listener") }
	out := prelude{heard: func(listeners string) {
		var filter []string // other tests may be talking on the loopback interface
		for _, p := range regexp.MustCompile(`(sip|msrp)\s+(udp|tcp)\s+127\.0\.0\.1:(\d+)`).FindAllStringSubmatch(listeners, -1) {
			read = append(read, "-d", p[2]+".port=="+p[3]+","+p[1])
			filter = append(filter, p[2]+" port "+p[3])
		}
		stop = record(t, tshark, capture, strings.Join(filter, " or "))
	}}
	err := demo.Run(t.Context(), demo.Config{Out: &out, Log: slog.New(slog.DiscardHandler)})
	stop()
	if err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	for _, protocol := range []string{"sip", "sdp", "msrp"} {
		if got := frames(t, tshark, read, protocol); got == "" {
			t.Errorf("no %s frame in the capture", protocol)
		}
	}
	if got := frames(t, tshark, read, `_ws.malformed || ((sip || sdp || msrp) && _ws.expert.severity == "Error")`); got != "" {
		t.Errorf("tshark calls these malformed:\n%s", got)
	}
}

// record captures the loopback interface into file until stop is called, as far as
// filter lets it. The capture is running when it returns, and complete when stop does:
// marks sent over the interface show both.
func record(t *testing.T, tshark, file, filter string) (stop func()) {
	t.Helper()
	marks, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = marks.Close() })
	_, port, err := net.SplitHostPort(marks.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	filter += " or udp port " + port
	most := fmt.Sprintf("duration:%d", int(patience.Seconds()))
	cmd := exec.CommandContext(t.Context(), tshark, "-q", "-i", "lo", "-B", "64", "-f", filter, "-w", file, "-a", most)
	var log bytes.Buffer
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait() // it is interrupted, or says on stderr what is wrong
	}()
	if !mark(t, marks, file, "the capture begins", ended) {
		t.Skipf("tshark may not capture here: %s", log.String())
	}
	return func() {
		if !mark(t, marks, file, "the capture ends", ended) {
			t.Fatalf("the capture broke off: %s", log.String())
		}
		_ = cmd.Process.Signal(syscall.SIGINT)
		<-ended
	}
}

// mark sends datagrams with text to the socket itself until one of them stands in the
// capture file. It returns false if the capture ends first.
func mark(t *testing.T, socket net.PacketConn, file, text string, ended <-chan struct{}) bool {
	t.Helper()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	deadline := timeout(t)
	var captured followed
	for {
		if _, err := socket.WriteTo([]byte(text), socket.LocalAddr()); err != nil {
			t.Fatal(err)
		}
		select {
		case <-again.C:
		case <-ended:
			return false
		case <-deadline.Done():
			t.Fatalf("%q does not show in the capture", text)
		}
		if captured.has(file, text) {
			return true
		}
	}
}

// followed is how far a file was read that grows.
type followed struct {
	read int64
	rest []byte // the end of what was read
}

// has reports whether a text stands in what has been written since it was asked last.
func (f *followed) has(file, text string) bool {
	r, err := os.Open(file)
	if err != nil {
		return false // it is not there yet
	}
	defer func() { _ = r.Close() }()
	fresh, err := io.ReadAll(io.NewSectionReader(r, f.read, math.MaxInt64-f.read))
	if err != nil {
		return false
	}
	f.read += int64(len(fresh))
	fresh = append(f.rest, fresh...)
	f.rest = bytes.Clone(fresh[max(0, len(fresh)-len(text)):])
	return bytes.Contains(fresh, []byte(text))
}

// frames returns tshark's lines for the frames that filter matches.
func frames(t *testing.T, tshark string, read []string, filter string) string {
	t.Helper()
	cmd := exec.CommandContext(timeout(t), tshark, append(read, "-Y", filter)...)
	var log bytes.Buffer
	cmd.Stderr = &log
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("tshark -Y %q: %v\n%s", filter, err, log.String())
	}
	return strings.TrimSpace(string(out))
}
