package interop

import (
	"bufio"
	"context"
	"crypto/tls"
	"flag"
	"fmt"
	"io"
	"net/http/httptest"
	"net/netip"
	"os"
	"runtime"
	"time"

	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip/invite"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transaction"
	"github.com/confab-chat/confab/sip/transport"
	"github.com/confab-chat/confab/sip/ua"
)

// asCallee as the first argument makes the test binary a callee with our stack. It
// takes the arguments that the foreign program takes after "answer".
const asCallee = "callee"

// answerCalls takes every call, and ends with the standard input. It writes its
// address, and for each line that it reads what it has used so far.
func answerCalls(args []string) error {
	flags := flag.NewFlagSet(asCallee, flag.ContinueOnError)
	network := flags.String("transport", "udp", "udp, tcp, tls or ws")
	certificate := flags.String("certificate", "", "PEM file for tls")
	key := flags.String("key", "", "PEM file for tls")
	t1 := flags.Duration("t1", 500*time.Millisecond, "timer T1, of which others are multiples")
	if err := flags.Parse(args); err != nil {
		return err
	}
	pair, err := tls.LoadX509KeyPair(*certificate, *key)
	if err != nil {
		return err
	}
	stack := ua.New(ua.Config{
		Invite: reachable{}, T1: *t1, Transaction: transaction.Config{MaxTransactions: 10_000_000},
		Transport: transport.Config{TLS: &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}}},
	})
	defer shut(stack)
	var at netip.AddrPort
	if *network == transport.WS {
		web := httptest.NewServer(stack.Transport.WebSocket(false, transport.WebSocketOptions{}))
		defer web.Close()
		at, err = netip.ParseAddrPort(web.Listener.Addr().String())
	} else {
		at, err = stack.Listen(context.Background(), *network, "127.0.0.1:0")
	}
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(os.Stdout, at); err != nil {
		return err
	}
	return tellUsage(os.Stdin, os.Stdout)
}

// tellUsage answers each line that it reads with what the process has used: "cpu" with
// the processor time so far, in nanoseconds, kernel included; "memory" with the octets of
// the heap and of stacks after a collection, and the number of goroutines.
func tellUsage(in io.Reader, out io.Writer) error {
	asked := bufio.NewScanner(in)
	for asked.Scan() {
		used, err := testnet.CPUTime()
		if err != nil {
			return err
		}
		figures := []any{used.Nanoseconds()}
		if asked.Text() == "memory" {
			runtime.GC()
			runtime.GC() // empties the pools, too
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			figures = []any{m.HeapAlloc, m.StackInuse, runtime.NumGoroutine()}
		}
		if _, err := fmt.Fprintln(out, figures...); err != nil {
			return err
		}
	}
	return asked.Err()
}

// reachable answers every INVITE, is to be called by the connection there is, and keeps
// nothing of its own.
type reachable struct{}

func (reachable) Invite(in *invite.Incoming) {
	in.Accept(invite.Answer{Body: description(1), Contact: "<sip:conf@127.0.0.1;ob>"}, reachable{})
}
func (reachable) Confirmed(*sipmsg.Request) {}
func (reachable) Reoffer(r *invite.Reoffer) { r.Accept(invite.Answer{Body: description(1)}, nil) }
func (reachable) Ended(invite.End)          {}
