package interop

import (
	"bytes"
	"context"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"text/template"
	"time"

	"github.com/confab-chat/confab/internal/testnet/testca"
)

// kamailioIP is where Kamailio listens: an address of the loopback interface that
// nothing else here has, so that trust in it is no trust in others.
const kamailioIP = "127.0.0.2"

// kamailio is what its configuration is written from.
type kamailio struct {
	IP            string
	Port, TLSPort int    // the first for UDP, TCP and WebSocket
	Reached       int    // port that clients of the relay are told
	Folder        string // of the configuration and its certificates
	Server        string // URI of the conference server
}

// Host is the address as it stands in URIs.
func (k *kamailio) Host() string {
	if k.V6() {
		return "[" + k.IP + "]"
	}
	return k.IP
}

// V6 reports whether that is one of IPv6.
func (k *kamailio) V6() bool { return strings.Contains(k.IP, ":") }

// beside is where a server beside it listens, as it stands in URIs.
func (k *kamailio) beside() string {
	if k.V6() {
		return k.Host()
	}
	return "127.0.0.1"
}

// newKamailio finds ports and makes certificates.
func newKamailio(t *testing.T, ca *testca.Authority) *kamailio {
	t.Helper()
	return newKamailioAt(t, ca, kamailioIP)
}

// local reports whether an address is one of this machine, which may be without IPv6.
func local(t *testing.T, ip string) bool {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", net.JoinHostPort(ip, "0"))
	if err != nil {
		t.Logf("%s is left out: %v", ip, err)
		return false
	}
	return l.Close() == nil
}

// newKamailioAt is newKamailio at another address.
func newKamailioAt(t *testing.T, ca *testca.Authority, ip string) *kamailio {
	t.Helper()
	_ = peer(t, "kamailio", "kamailio, kamailio-tls-modules and kamailio-websocket-modules")
	k := &kamailio{IP: ip}
	k.Port, k.TLSPort = freePort(t, k.IP), freePort(t, k.IP)
	k.Reached = k.TLSPort
	k.Folder = certified(t, ca, testca.Names{CommonName: "proxy.example.test", DNS: []string{"proxy.example.test"}, IP: []string{k.IP}})
	return k
}

// at is the address of a port.
func (k *kamailio) at(port int) string { return net.JoinHostPort(k.IP, strconv.Itoa(port)) }

func (k *kamailio) write(t *testing.T, name string, text []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(k.Folder, name), text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// run starts Kamailio with a configuration of testdata, until the test ends.
func (k *kamailio) run(t *testing.T, config string) {
	t.Helper()
	for _, name := range []string{config, "tls.cfg"} {
		parsed, err := template.ParseFiles("testdata/kamailio/" + name)
		if err != nil {
			t.Fatal(err)
		}
		var text bytes.Buffer
		if err := parsed.Execute(&text, k); err != nil {
			t.Fatal(err)
		}
		k.write(t, name, text.Bytes())
	}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, "kamailio", "-DD", "-E", "-m", "64", "-M", "8",
		"-f", filepath.Join(k.Folder, config), "-w", k.Folder, "-Y", k.Folder, "-P", filepath.Join(k.Folder, "pid"))
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = patience
	log := &notes{}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait() // it is told to end
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
		if t.Failed() {
			t.Logf("kamailio:\n%s", log.text())
		}
	})
	k.await(t, ended, log)
}

// await returns when Kamailio takes connections.
func (k *kamailio) await(t *testing.T, ended <-chan struct{}, log *notes) {
	t.Helper()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	ctx := timeout(t)
	for {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", k.at(k.TLSPort))
		if err == nil {
			_ = conn.Close()
			return
		}
		select {
		case <-again.C:
		case <-ended:
			t.Fatalf("kamailio does not run:\n%s", log.text())
		case <-ctx.Done():
			t.Fatalf("kamailio does not listen:\n%s", log.text())
		}
	}
}

// freePort returns a port that is free for UDP and TCP, and stays so until a program
// takes it: it is below those that the system gives to who does not ask for one.
func freePort(t *testing.T, ip string) int {
	t.Helper()
	for range 100 {
		port := 10_000 + rand.IntN(20_000)
		at := net.JoinHostPort(ip, strconv.Itoa(port))
		l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", at)
		if err != nil {
			continue
		}
		socket, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", at)
		_ = l.Close()
		if err != nil {
			continue
		}
		_ = socket.Close()
		return port
	}
	t.Fatal("no free port")
	return 0
}

// notes keeps what a program writes, from any goroutine.
type notes struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (n *notes) Write(b []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.buf.Write(b)
}

// text is the end of it.
func (n *notes) text() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return string(tail(n.buf.Bytes()))
}
