package transaction_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transaction"
	"github.com/confab-chat/confab/sip/transport"
)

// Flags with which the benchmark runs its own program again as the caller, so
// that the CPU time of this process is that of the answering side alone.
var (
	loadTarget = flag.String("load.target", "", "make calls to this address")
	loadCalls  = flag.Int("load.calls", 0, "how many calls to make")
)

// BenchmarkBareCall is the least a program can do for the same packets: read
// them one by one and write a fixed response to two of three. BenchmarkCall is
// to be read beside it, since most of either is the price of system calls.
func BenchmarkBareCall(b *testing.B) {
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:0")))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	go func() {
		buf := make([]byte, 65535)
		for {
			n, from, err := conn.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			if bytes.HasPrefix(buf[:n], []byte("ACK")) {
				continue
			}
			head, _, _ := bytes.Cut(buf[:n], []byte("\r\n"))
			resp := append([]byte("SIP/2.0 200 OK"), buf[len(head):n]...)
			_, _ = conn.WriteToUDPAddrPort(resp, from)
		}
	}()
	measureCalls(b, conn.LocalAddr().String())
}

// BenchmarkCall answers calls over UDP: INVITE, 200, ACK, BYE, 200.
func BenchmarkCall(b *testing.B) {
	u := &user{request: func(tx *transaction.ServerTx) {
		resp := sipmsg.NewResponse(tx.Request(), 200, "")
		resp.Header.Add("Contact", "<sip:conf@127.0.0.1>")
		tx.Respond(resp)
	}}
	l := transaction.New(transaction.Config{MaxTransactions: 10_000_000}, u)
	tp := transport.New(transport.Config{}, l)
	l.Bind(tp)
	addr, err := tp.Listen(b.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	defer func() { _ = tp.Close() }()
	measureCalls(b, addr.String())
	if n := l.Counters().Server; n < uint64(2*b.N) {
		b.Errorf("%d transactions for %d calls", n, b.N)
	}
}

// measureCalls has another process make the calls.
func measureCalls(b *testing.B, addr string) {
	b.Helper()
	child := exec.CommandContext(b.Context(), os.Args[0],
		"-test.run=^TestMakeCalls$", "-load.target="+addr, "-load.calls="+strconv.Itoa(b.N))
	child.Stderr = os.Stderr
	b.ReportAllocs()
	b.ResetTimer()
	before := cpuTime(b)
	if err := child.Run(); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64((cpuTime(b)-before).Nanoseconds())/1000/float64(b.N), "cpu-µs/call")
}

func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	used, err := testnet.CPUTime()
	if err != nil {
		b.Fatal(err)
	}
	return used
}

// TestMakeCalls is the calling side of BenchmarkCall: it keeps 32 calls going.
func TestMakeCalls(t *testing.T) {
	if *loadTarget == "" {
		t.Skip("only as a part of BenchmarkCall")
	}
	conn, err := (&net.Dialer{}).DialContext(context.Background(), "udp", *loadTarget)
	if err != nil {
		t.Fatal(err)
	}
	local := netip.MustParseAddrPort(conn.LocalAddr().String())
	send := func(method, tag string, call, seq int) {
		text := fmt.Sprintf("%s sip:conf@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK-%s-%d\r\nMax-Forwards: 70\r\n"+
			"From: \"Alice\" <sip:alice@%s>;tag=a%d\r\nTo: <sip:conf@%s>%s\r\nCall-ID: %d-load@%s\r\nCSeq: %d %s\r\n"+
			"Contact: <sip:alice@%s>\r\nSubject: load\r\nContent-Length: 0\r\n\r\n",
			method, *loadTarget, local, method, call, local, call, *loadTarget, tag, call, local, seq, method, local)
		if _, err := conn.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	started, ended := 0, 0
	next := func() {
		if started < *loadCalls {
			send("INVITE", "", started, 1)
			started++
		}
	}
	for range 32 {
		next()
	}
	buf := make([]byte, 65535)
	for ended < *loadCalls {
		_ = conn.SetReadDeadline(time.Now().Add(patience))
		n, err := conn.Read(buf)
		if err != nil {
			t.Fatalf("%d of %d calls: %v", ended, *loadCalls, err)
		}
		call, _ := strconv.Atoi(string(between(buf[:n], "Call-ID: ", "-load")))
		if bytes.Contains(buf[:n], []byte("CSeq: 2 BYE")) {
			ended++
			next()
			continue
		}
		tag := ";tag=" + string(between(buf[:n], "To: <sip:conf@"+*loadTarget+">;tag=", "\r\n"))
		send("ACK", tag, call, 1)
		send("BYE", tag, call, 2)
	}
}

func between(b []byte, from, to string) []byte {
	_, rest, _ := bytes.Cut(b, []byte(from))
	found, _, _ := bytes.Cut(rest, []byte(to))
	return found
}
