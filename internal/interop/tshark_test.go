package interop

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestTsharkReadsDemo captures the traffic of `confab demo` and has tshark read
// it: no malformed packet in SIP, SDP or MSRP, and some of each.
func TestTsharkReadsDemo(t *testing.T) {
	tshark := peer(t, "tshark", "tshark")
	capture := filepath.Join(t.TempDir(), "demo.pcapng")
	stop := record(t, tshark, capture, "tcp or udp")
	out, err := exec.CommandContext(timeout(t), confab(t), "demo").CombinedOutput()
	stop()
	if err != nil {
		t.Fatalf("confab demo: %v\n%s", err, out)
	}
	ports := regexp.MustCompile(`(sip|msrp)\s+(udp|tcp)\s+127\.0\.0\.1:(\d+)`).FindAllStringSubmatch(string(out), -1)
	if len(ports) == 0 {
		t.Fatalf("the demo names no listener:\n%s", out)
	}
	read := []string{"-r", capture, "-n"}
	var ours []string // other tests may be talking on the loopback interface
	for _, p := range ports {
		read = append(read, "-d", p[2]+".port=="+p[3]+","+p[1])
		ours = append(ours, p[2]+".port=="+p[3])
	}
	demo := "(" + strings.Join(ours, " || ") + ") && "
	for _, protocol := range []string{"sip", "sdp", "msrp"} {
		if got := frames(t, tshark, read, demo+protocol); got == "" {
			t.Errorf("no %s frame in the capture", protocol)
		}
	}
	if got := frames(t, tshark, read, demo+`(_ws.malformed || ((sip || sdp || msrp) && _ws.expert.severity == "Error"))`); got != "" {
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
	cmd := exec.CommandContext(t.Context(), tshark, "-q", "-i", "lo", "-B", "64", "-f", filter, "-w", file)
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
		if captured, err := os.ReadFile(file); err == nil && bytes.Contains(captured, []byte(text)) {
			return true
		}
	}
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
