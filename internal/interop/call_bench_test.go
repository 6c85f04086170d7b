package interop

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/testnet/testca"
	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/invite"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transaction"
	"github.com/confab-chat/confab/sip/transport"
	"github.com/confab-chat/confab/sip/ua"
)

// asCallee as the first argument makes the test binary a callee.
const asCallee = "callee"

// BenchmarkCallBeside has our stack place calls (INVITE, 200, ACK, BYE, 200) to a
// callee in a process of its own, made with our stack or with the public Go library,
// in turn, and reports the processor time of the callee, kernel included.
func BenchmarkCallBeside(b *testing.B) {
	program := foreign(b)
	folder := certified(b, testca.New(b), ours())
	files := []string{"-certificate", filepath.Join(folder, "cert.pem"), "-key", filepath.Join(folder, "key.pem")}
	for _, network := range []string{transport.UDP, transport.TCP, transport.TLS, transport.WS} {
		b.Run(network+"/confab", func(b *testing.B) {
			placeCalls(b, network, exec.CommandContext(b.Context(), os.Args[0], asCallee, network, files[1], files[3]))
		})
		b.Run(network+"/sipgo", func(b *testing.B) {
			placeCalls(b, network, exec.CommandContext(b.Context(), program, append([]string{"answer", "-transport", network}, files...)...))
		})
	}
}

// placeCalls places b.N calls to a callee, 32 at a time.
func placeCalls(b *testing.B, network string, callee *exec.Cmd) {
	b.Helper()
	at, used := startAnswering(b, callee)
	s := ua.New(ua.Config{
		Transaction: transaction.Config{MaxTransactions: 10_000_000},
		Transport:   transport.Config{WebSocketPath: "/", ClientTLS: &tls.Config{InsecureSkipVerify: true}},
	})
	defer shut(s)
	contact := s.Transport.Nowhere() + ";ob"
	if network == transport.UDP || network == transport.TCP {
		from, err := s.Listen(b.Context(), network, "127.0.0.1:0")
		if err != nil {
			b.Fatal(err)
		}
		contact = from.String()
	}
	uri, err := sipmsg.ParseURI("sip:conf@" + at + ";transport=" + network)
	if err != nil {
		b.Fatal(err)
	}
	me, _ := sipmsg.ParseAddress(`"Alice" <sip:alice@example.org>`)
	out := dialog.Outgoing{URI: uri, From: me, Contact: dialog.ContactAt("sip", "alice", network, contact), Body: description(1)}
	const parallel = 32
	over := hasty{&caller{ended: make(chan error, parallel)}}
	b.ResetTimer()
	before := used()
	await := func() {
		if err := <-over.ended; err != nil {
			b.Fatal(err)
		}
	}
	for i := range b.N {
		if i >= parallel {
			await()
		}
		s.Invite.Invite(out, over)
	}
	for range min(parallel, b.N) {
		await()
	}
	b.ReportMetric(float64((used()-before).Nanoseconds())/1000/float64(b.N), "callee-cpu-µs/call")
}

// hasty hangs up as soon as somebody answers.
type hasty struct{ *caller }

func (h hasty) Answered(s *invite.Session, _ *sipmsg.Response, _ []byte) (invite.SessionHandler, invite.Answer) {
	s.Bye()
	return h.caller, invite.Answer{}
}

// startAnswering runs a callee until the benchmark ends. It returns its address, and
// what tells the processor time that it has used.
func startAnswering(b *testing.B, callee *exec.Cmd) (at string, used func() time.Duration) {
	b.Helper()
	in, err := callee.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	stdout, err := callee.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	callee.Stderr = os.Stderr
	if err := callee.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = in.Close()
		_ = callee.Wait() // it may be killed first, which is as good
	})
	lines := bufio.NewScanner(stdout)
	next := func() string {
		if !lines.Scan() {
			b.Fatalf("the callee has ended: %v", lines.Err())
		}
		return lines.Text()
	}
	at = next()
	return at, func() time.Duration {
		if _, err := io.WriteString(in, "used\n"); err != nil {
			b.Fatal(err)
		}
		n, err := strconv.ParseInt(next(), 10, 64)
		if err != nil {
			b.Fatal(err)
		}
		return time.Duration(n)
	}
}

// answerCalls is the callee with our stack. It speaks with startAnswering.
func answerCalls(network, certificate, key string) error {
	pair, err := tls.LoadX509KeyPair(certificate, key)
	if err != nil {
		return err
	}
	stack := ua.New(ua.Config{
		Invite: reachable{}, Transaction: transaction.Config{MaxTransactions: 10_000_000},
		Transport: transport.Config{TLS: &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}}},
	})
	defer shut(stack)
	var at netip.AddrPort
	if network == transport.WS {
		web := httptest.NewServer(stack.Transport.WebSocket(false, transport.WebSocketOptions{}))
		defer web.Close()
		at, err = netip.ParseAddrPort(web.Listener.Addr().String())
	} else {
		at, err = stack.Listen(context.Background(), network, "127.0.0.1:0")
	}
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(os.Stdout, at); err != nil {
		return err
	}
	asked := bufio.NewScanner(os.Stdin)
	for asked.Scan() {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(os.Stdout, u.Utime.Nano()+u.Stime.Nano()); err != nil {
			return err
		}
	}
	return asked.Err()
}

// reachable answers every INVITE, and is to be called by the connection there is.
type reachable struct{}

func (reachable) Invite(in *invite.Incoming) {
	in.Accept(invite.Answer{Body: description(1), Contact: "<sip:conf@127.0.0.1;ob>"}, &caller{ended: make(chan error, 1)})
}
