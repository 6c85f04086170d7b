package interop

import (
	"bytes"
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
	stop := record(t, tshark, capture)
	out, err := exec.CommandContext(timeout(t, time.Minute), confab(t), "demo").CombinedOutput()
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

// record captures the loopback interface into file until stop is called.
func record(t *testing.T, tshark, file string) (stop func()) {
	t.Helper()
	cmd := exec.CommandContext(timeout(t, 2*time.Minute), tshark, "-q", "-i", "lo", "-f", "tcp or udp", "-w", file)
	pipe, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	started := make(chan bool, 1)
	go func() {
		var log bytes.Buffer
		buf := make([]byte, 4096)
		for {
			n, err := pipe.Read(buf)
			log.Write(buf[:n])
			if strings.Contains(log.String(), "Capture started") {
				select {
				case started <- true:
				default:
				}
			}
			if err != nil {
				close(started)
				return
			}
		}
	}()
	if ok := <-started; !ok {
		_ = cmd.Wait()
		t.Skip("tshark may not capture here")
	}
	return func() {
		_ = cmd.Process.Signal(syscall.SIGINT)
		_ = cmd.Wait()
	}
}

// frames returns tshark's lines for the frames that filter matches.
func frames(t *testing.T, tshark string, read []string, filter string) string {
	t.Helper()
	cmd := exec.CommandContext(timeout(t, time.Minute), tshark, append(read, "-Y", filter)...)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("tshark -Y %q: %v", filter, err)
	}
	return strings.TrimSpace(string(out))
}
