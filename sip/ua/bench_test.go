package ua_test

import (
	"context"
	"crypto/tls"
	"flag"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/internal/testnet/testca"
	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/invite"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transaction"
	"github.com/confab-chat/confab/sip/transport"
	"github.com/confab-chat/confab/sip/ua"
)

// Flags with which the benchmark runs its own program again as the caller, so that the
// processor time of either side is known.
var (
	loadTarget  = flag.String("load.target", "", "make calls to this address")
	loadNetwork = flag.String("load.network", "udp", "over this transport")
	loadCalls   = flag.Int("load.calls", 0, "how many calls to make")
	loadHolds   = flag.Bool("load.holds", false, "do not hang up")
)

// loadParallel is how many calls are open at a time.
const loadParallel = 32

const sdp = "v=0\r\no=alice 100 1 IN IP4 192.0.2.11\r\ns=-\r\nc=IN IP4 192.0.2.11\r\nt=0 0\r\n" +
	"m=message 9 TCP/MSRP *\r\na=accept-types:message/cpim\r\na=accept-wrapped-types:text/plain\r\n" +
	"a=setup:active\r\na=path:msrp://192.0.2.11:9/uAlice01;tcp\r\n"

// quiet answers every INVITE and forgets the session.
type quiet struct{}

func (quiet) Invite(in *invite.Incoming) {
	in.Accept(invite.Answer{Body: []byte(sdp), Contact: "<sip:conf@127.0.0.1;ob>;isfocus"}, quiet{})
}
func (quiet) Confirmed(*sipmsg.Request) {}
func (quiet) Reoffer(r *invite.Reoffer) { r.Accept(invite.Answer{Body: []byte(sdp)}, nil) }
func (quiet) Ended(invite.End)          {}

// BenchmarkCall answers calls of another process: INVITE, 200, ACK, BYE, 200, both
// sides with the whole stack. The processor time of both, kernel included, is reported;
// package transaction has the bare cost of the same packets beside it.
func BenchmarkCall(b *testing.B) {
	for _, network := range []string{transport.UDP, transport.TCP, transport.TLS, transport.WS} {
		b.Run(network, func(b *testing.B) { benchmarkCall(b, network) })
	}
}

func benchmarkCall(b *testing.B, network string) {
	b.Helper()
	s := ua.New(ua.Config{
		Invite: quiet{}, Transaction: transaction.Config{MaxTransactions: 10_000_000},
		Transport: transport.Config{TLS: testca.New(b).Server(b, testca.Names{IP: []string{"127.0.0.1"}})},
	})
	at := reach(b, s, network)
	defer shut(b, s)
	child := exec.CommandContext(b.Context(), os.Args[0], "-test.run=^TestPlaceCalls$",
		"-load.target="+at.String(), "-load.network="+network, "-load.calls="+strconv.Itoa(b.N))
	child.Stdout, child.Stderr = os.Stderr, os.Stderr
	b.ReportAllocs()
	b.ResetTimer()
	before := cpu(b)
	if err := child.Run(); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(perCall(cpu(b)-before, b.N), "callee-cpu-µs/call")
	b.ReportMetric(perCall(child.ProcessState.UserTime()+child.ProcessState.SystemTime(), b.N), "caller-cpu-µs/call")
	if n := s.Dialog.Dialogs(); n != 0 {
		b.Errorf("%d dialogs left", n)
	}
}

// BenchmarkDialog answers calls of another process, which does not hang up, and reports
// what a confirmed dialog with its session takes when the transactions are over: of the
// heap, and in goroutines. Run it with -benchtime 50000x.
func BenchmarkDialog(b *testing.B) {
	for _, network := range []string{transport.UDP, transport.TCP} {
		b.Run(network, func(b *testing.B) { benchmarkDialog(b, network) })
	}
}

func benchmarkDialog(b *testing.B, network string) {
	b.Helper()
	s := ua.New(ua.Config{
		Invite: quiet{}, T1: 50 * time.Millisecond, // so that transactions are over after 3.2 s
		Transaction: transaction.Config{MaxTransactions: 10_000_000},
	})
	at := reach(b, s, network)
	defer shut(b, s)
	child := exec.CommandContext(b.Context(), os.Args[0], "-test.run=^TestPlaceCalls$", "-load.holds",
		"-load.target="+at.String(), "-load.network="+network, "-load.calls="+strconv.Itoa(b.N))
	child.Stdout, child.Stderr = os.Stderr, os.Stderr
	before, goroutines := heap(), runtime.NumGoroutine()
	if err := child.Run(); err != nil {
		b.Fatal(err)
	}
	for s.Transaction.Open() > 0 {
		<-time.After(50 * time.Millisecond)
	}
	dialogs := s.Dialog.Dialogs()
	if dialogs < b.N*99/100 {
		b.Fatalf("%d dialogs of %d", dialogs, b.N)
	}
	b.ReportMetric(float64(heap()-before)/float64(dialogs), "B/dialog")
	b.ReportMetric(float64(runtime.NumGoroutine()-goroutines), "goroutines")
	b.ReportMetric(0, "ns/op")
}

// reach opens a listener.
func reach(b *testing.B, s *ua.Stack, network string) netip.AddrPort {
	b.Helper()
	if network == transport.WS {
		web := httptest.NewServer(s.Transport.WebSocket(false, transport.WebSocketOptions{}))
		b.Cleanup(web.Close)
		return netip.MustParseAddrPort(web.Listener.Addr().String())
	}
	at, err := s.Listen(b.Context(), network, "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	return at
}

func perCall(d time.Duration, n int) float64 { return float64(d.Nanoseconds()) / 1000 / float64(n) }

// cpu returns the processor time that the process has used.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	used, err := testnet.CPUTime()
	if err != nil {
		b.Fatal(err)
	}
	return used
}

// hasty hangs up when it is answered, unless it is to hold.
type hasty struct {
	quiet
	t    *testing.T
	over chan<- struct{}
}

func (h hasty) Progress(*sipmsg.Response) {}

func (h hasty) Answered(s *invite.Session, _ *sipmsg.Response, _ []byte) (invite.SessionHandler, invite.Answer) {
	if *loadHolds {
		h.over <- struct{}{}
	} else {
		s.Bye()
	}
	return h, invite.Answer{}
}

func (h hasty) Failed(err error) {
	h.t.Error(err)
	h.over <- struct{}{}
}

func (h hasty) Ended(invite.End) {
	if !*loadHolds {
		h.over <- struct{}{}
	}
}

// TestPlaceCalls is the calling side of BenchmarkCall.
func TestPlaceCalls(t *testing.T) {
	if *loadTarget == "" {
		t.Skip("only as a part of BenchmarkCall")
	}
	s := ua.New(ua.Config{
		Transaction: transaction.Config{MaxTransactions: 10_000_000},
		Transport: transport.Config{
			WebSocketPath: "/",
			ClientTLS:     &tls.Config{InsecureSkipVerify: true},
		},
	})
	contact := s.Transport.Nowhere() + ";ob"
	if *loadNetwork == transport.UDP || *loadNetwork == transport.TCP {
		from, err := s.Listen(t.Context(), *loadNetwork, "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		contact = from.String()
	}
	uri, err := sipmsg.ParseURI("sip:conf@" + *loadTarget + ";transport=" + *loadNetwork)
	if err != nil {
		t.Fatal(err)
	}
	me, err := sipmsg.ParseAddress(`"Alice" <sip:alice@example.org>`)
	if err != nil {
		t.Fatal(err)
	}
	over := make(chan struct{}, loadParallel)
	out := dialog.Outgoing{
		URI: uri, From: me, Contact: dialog.ContactAt("sip", "alice", *loadNetwork, contact), Body: []byte(sdp),
	}
	for i := range *loadCalls + loadParallel {
		if i >= loadParallel {
			<-over
		}
		if i < *loadCalls {
			s.Invite.Invite(out, hasty{t: t, over: over})
		}
	}
	if *loadHolds {
		<-time.After(time.Second) // for the last ACKs
		shut(t, s)
		return
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := s.Shutdown(ctx); err != nil {
		t.Error(err)
	}
}

// shut closes a stack without waiting for its dialogs.
func shut(tb testing.TB, s *ua.Stack) {
	tb.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = s.Shutdown(ctx)
}
