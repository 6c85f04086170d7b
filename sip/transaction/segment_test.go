package transaction_test

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transaction"
	"github.com/confab-chat/confab/sip/transport"
)

// patience is how long a test waits for what must come, on the slowest machine.
const patience = testnet.Patience

// realStack listens on the loopback of the host.
func realStack(t *testing.T, u *user) *stack {
	t.Helper()
	s := &stack{Layer: transaction.New(transaction.Config{}, u)}
	s.transport = transport.New(transport.Config{}, s.Layer)
	s.Bind(s.transport)
	var err error
	if s.addr, err = s.transport.Listen(t.Context(), "tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = s.transport.Close()
		s.Layer.Close()
	})
	return s
}

func dialStack(t *testing.T, s *stack) net.Conn {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", s.addr.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	return conn
}

// call rewrites a request for call number i over TCP.
func call(text string, i int) string {
	text = strings.ReplaceAll(text, "\n", "\r\n")
	text = strings.Replace(text, "SIP/2.0/UDP", "SIP/2.0/TCP", 1)
	return strings.Replace(text, "Call-ID: call-1", fmt.Sprint("Call-ID: call-", i), 1)
}

// TestInviteAndCancelInOneSegment sends both in one write, again and again: the
// CANCEL always finds its INVITE.
func TestInviteAndCancelInOneSegment(t *testing.T) {
	t.Parallel()
	s := realStack(t, &user{request: func(tx *transaction.ServerTx) {
		tx.OnCancel(func(*sipmsg.Request) { respond(tx, 487) })
	}})
	conn := dialStack(t, s)
	lines := bufio.NewScanner(conn)
	const rounds = 500
	for i := range rounds {
		branch := fmt.Sprint("z9hG4bK", i)
		text := call(request("INVITE", branch, 1), i) + call(request("CANCEL", branch, 1), i)
		if _, err := conn.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	status, got := "", make(map[string]int)
	for got["487 1 INVITE"] < rounds && lines.Scan() {
		if v, ok := strings.CutPrefix(lines.Text(), "SIP/2.0 "); ok {
			status = v[:3]
		}
		if v, ok := strings.CutPrefix(lines.Text(), "CSeq: "); ok {
			got[status+" "+v]++
		}
	}
	if got["200 1 CANCEL"] != rounds || got["487 1 INVITE"] != rounds || got["481 1 CANCEL"] != 0 {
		t.Errorf("responses %v, %v", got, lines.Err())
	}
}

// TestAckByeAndCloseInOneSegment ends each call the way a hurried client does.
func TestAckByeAndCloseInOneSegment(t *testing.T) {
	t.Parallel()
	var acks, byes atomic.Int32
	u := &user{ack: func(*sipmsg.Request, transport.Source) { acks.Add(1) }}
	u.request = func(tx *transaction.ServerTx) {
		if tx.Request().Method == sipmsg.BYE {
			if acks.Load() != byes.Add(1) {
				t.Error("the BYE overtook the ACK")
			}
		}
		respond(tx, 200)
	}
	s := realStack(t, u)
	for i := range 200 {
		conn := dialStack(t, s)
		if _, err := conn.Write([]byte(call(request("INVITE", "z9hG4bK1", 1), i))); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Read(make([]byte, 1024)); err != nil {
			t.Fatal(err)
		}
		text := call(request("ACK", "z9hG4bK2", 1), i) + call(request("BYE", "z9hG4bK3", 2), i)
		if _, err := conn.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		_ = conn.Close()
		for deadline := time.Now().Add(patience); int(byes.Load()) <= i && time.Now().Before(deadline); {
			<-time.After(time.Millisecond)
		}
		if int(byes.Load()) != i+1 {
			t.Fatalf("call %d: the BYE is lost", i)
		}
	}
}
