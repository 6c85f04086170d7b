package interop

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/testnet/testca"
	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transaction"
	"github.com/confab-chat/confab/sip/transport"
	"github.com/confab-chat/confab/sip/ua"
)

// parallel is how many calls are under way at a time.
const parallel = 32

// programs are those that answer calls, with a certificate for TLS.
type programs struct {
	foreign string
	files   []string
}

func callees(b *testing.B) programs {
	b.Helper()
	program := foreign(b)
	folder := certified(b, testca.New(b), ours())
	return programs{foreign: program, files: []string{
		"-certificate=" + filepath.Join(folder, "cert.pem"), "-key=" + filepath.Join(folder, "key.pem"),
	}}
}

// ours starts a callee made with our stack.
func (p programs) ours(b *testing.B, network string, options ...string) *callee {
	b.Helper()
	return p.start(b, network, options, os.Args[0], asCallee)
}

// theirs starts a callee made with the public Go library.
func (p programs) theirs(b *testing.B, network string, options ...string) *callee {
	b.Helper()
	return p.start(b, network, options, p.foreign, "answer")
}

// callee is a process that answers calls and tells what it uses.
type callee struct {
	b       *testing.B
	network string
	at      string
	in      io.Writer
	out     *bufio.Scanner
}

// start runs a callee until the benchmark ends.
func (p programs) start(b *testing.B, network string, options []string, program, role string) *callee {
	b.Helper()
	args := append([]string{role, "-transport=" + network}, append(p.files, options...)...)
	cmd := exec.CommandContext(b.Context(), program, args...)
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait() // it may be killed first, which is as good
	})
	c := &callee{b: b, network: network, in: in, out: bufio.NewScanner(stdout)}
	c.at = c.line()
	return c
}

func (c *callee) line() string {
	c.b.Helper()
	if !c.out.Scan() {
		c.b.Fatalf("the callee has ended: %v", c.out.Err())
	}
	return c.out.Text()
}

// ask returns what the callee has used; see tellUsage.
func (c *callee) ask(what string) []int64 {
	c.b.Helper()
	if _, err := io.WriteString(c.in, what+"\n"); err != nil {
		c.b.Fatal(err)
	}
	var figures []int64
	for word := range strings.FieldsSeq(c.line()) {
		n, err := strconv.ParseInt(word, 10, 64)
		if err != nil {
			c.b.Fatal(err)
		}
		figures = append(figures, n)
	}
	return figures
}

// caller makes a stack of ours that can call the callee, and the call.
func (c *callee) caller(b *testing.B) (*ua.Stack, dialog.Outgoing) {
	b.Helper()
	s := ua.New(ua.Config{
		Transaction: transaction.Config{MaxTransactions: 10_000_000},
		Transport:   transport.Config{WebSocketPath: "/", ClientTLS: &tls.Config{InsecureSkipVerify: true}},
	})
	b.Cleanup(func() {
		now, cancel := context.WithCancel(context.Background())
		cancel()
		_ = s.Shutdown(now)
	})
	contact := s.Transport.Nowhere() + ";ob"
	if c.network == transport.UDP || c.network == transport.TCP {
		from, err := s.Listen(b.Context(), c.network, "127.0.0.1:0")
		if err != nil {
			b.Fatal(err)
		}
		contact = from.String()
	}
	uri, err := sipmsg.ParseURI("sip:conf@" + c.at + ";transport=" + c.network)
	if err != nil {
		b.Fatal(err)
	}
	me, _ := sipmsg.ParseAddress(`"Alice" <sip:alice@example.org>`)
	return s, dialog.Outgoing{
		URI: uri, From: me, Contact: dialog.ContactAt("sip", "alice", c.network, contact), Body: description(1),
	}
}

// inParallel begins n things, a few at a time, each of which ends with nil or an error.
func inParallel(b *testing.B, n int, ended <-chan error, begin func()) {
	b.Helper()
	await := func() {
		if err := <-ended; err != nil {
			b.Fatal(err)
		}
	}
	for i := range n {
		if i >= parallel {
			await()
		}
		begin()
	}
	for range min(parallel, n) {
		await()
	}
}
