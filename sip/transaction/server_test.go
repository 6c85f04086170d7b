package transaction_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transaction"
	"github.com/confab-chat/confab/sip/transport"
)

// keep makes the user collect its requests and leave them unanswered.
func (b *bench) keep() *[]*transaction.ServerTx {
	txs := new([]*transaction.ServerTx)
	b.user.request = func(tx *transaction.ServerTx) { *txs = append(*txs, tx) }
	return txs
}

func respond(tx *transaction.ServerTx, status int) *sipmsg.Response {
	resp := sipmsg.NewResponse(tx.Request(), status, "")
	tx.Respond(resp)
	return resp
}

func TestInviteGets100After200Milliseconds(t *testing.T) {
	play(t, transaction.Config{}, func(b *bench) {
		conform.Covers(t, "COM-19")
		txs := b.keep()
		b.peer.take()
		b.peer.send(request("INVITE", "z9hG4bK1", 1))
		b.pause(time.Second)
		// The repeated INVITE gets the last response and does not go up.
		b.peer.send(request("INVITE", "z9hG4bK1", 1))
		got := b.peer.expect("0.2 SIP/2.0 100 Trying", "1 SIP/2.0 100 Trying")
		if strings.Contains(got[0].field("To"), "tag=") {
			t.Error("100 has a To tag")
		}
		respond((*txs)[0], 180)
		b.peer.send(request("INVITE", "z9hG4bK1", 1))
		got = b.peer.expect("0 SIP/2.0 180 Ringing", "0 SIP/2.0 180 Ringing")
		if want := "<sip:conf@example.com>;tag=" + (*txs)[0].LocalTag(); got[0].field("To") != want {
			t.Errorf("To is %s, want %s", got[0].field("To"), want)
		}
		if len(*txs) != 1 {
			t.Errorf("%d requests went up", len(*txs))
		}
		respond((*txs)[0], 200)
	})
}

func TestInviteAnsweredInTimeGetsNo100(t *testing.T) {
	play(t, transaction.Config{}, func(b *bench) {
		txs := b.keep()
		b.peer.take()
		b.peer.send(request("INVITE", "z9hG4bK1", 1))
		b.pause(190 * time.Millisecond)
		respond((*txs)[0], 183)
		b.pause(time.Minute)
		b.peer.expect("0.19 SIP/2.0 183 Session Progress")
		respond((*txs)[0], 200)
	})
}

func TestNegativeResponseToInvite(t *testing.T) {
	play(t, transaction.Config{}, func(b *bench) {
		var end []error
		b.user.request = func(tx *transaction.ServerTx) {
			tx.OnEnd(func(err error) { end = append(end, err) })
			respond(tx, 486)
			respond(tx, 200) // too late: dropped
		}
		b.user.ack = func(*sipmsg.Request, transport.Source) { t.Error("the ACK to a 486 went up") }
		b.peer.take()
		b.peer.send(request("INVITE", "z9hG4bK1", 1))
		b.pause(time.Second)
		b.peer.send(request("INVITE", "z9hG4bK1", 1))
		b.pause(3 * time.Second)
		const busy = " SIP/2.0 486 Busy Here"
		b.peer.expect("0"+busy, "0.5"+busy, "1"+busy, "1.5"+busy, "3.5"+busy)
		b.peer.send(request("ACK", "z9hG4bK1", 1))
		b.peer.send(request("INVITE", "z9hG4bK1", 1)) // confirmed: absorbed
		b.pause(4 * time.Second)
		if b.Open() != 1 || len(end) != 0 {
			t.Errorf("timer I: %d open, ended %v", b.Open(), end)
		}
		b.pause(2 * time.Second)
		b.peer.expect()
		if b.Open() != 0 || len(end) != 1 || end[0] != nil {
			t.Errorf("%d open, ended %v", b.Open(), end)
		}
	})
}

func TestNegativeResponseWithoutAck(t *testing.T) {
	play(t, transaction.Config{}, func(b *bench) {
		var end []error
		b.user.request = func(tx *transaction.ServerTx) {
			tx.OnEnd(func(err error) { end = append(end, err) })
			respond(tx, 500)
		}
		b.peer.take()
		b.peer.send(request("INVITE", "z9hG4bK1", 1))
		b.pause(time.Minute)
		want := make([]string, 0, 11)
		for _, at := range []string{"0", "0.5", "1.5", "3.5", "7.5", "11.5", "15.5", "19.5", "23.5", "27.5", "31.5"} {
			want = append(want, at+" SIP/2.0 500 Server Internal Error")
		}
		b.peer.expect(want...)
		if len(end) != 1 || !errors.Is(end[0], transaction.ErrTimeout) {
			t.Errorf("ended %v", end)
		}
	})
}

func TestAcceptedAbsorbsInvites(t *testing.T) {
	play(t, transaction.Config{}, func(b *bench) {
		conform.Covers(t, "COM-18")
		txs, acks := b.keep(), 0
		b.user.ack = func(*sipmsg.Request, transport.Source) { acks++ }
		b.peer.take()
		b.peer.send(request("INVITE", "z9hG4bK1", 1))
		ok := respond((*txs)[0], 200)
		b.pause(time.Second)
		b.peer.send(request("INVITE", "z9hG4bK1", 1))
		b.pause(30 * time.Second)
		b.peer.send(request("INVITE", "z9hG4bK1", 1))
		b.peer.expect("0 SIP/2.0 200 OK")
		(*txs)[0].Respond(ok) // the user repeats it
		b.peer.send(request("ACK", "z9hG4bK2", 1))
		b.peer.send(request("ACK", "z9hG4bK1", 1)) // by a client that got it wrong
		b.peer.expect("0 SIP/2.0 200 OK")
		if len(*txs) != 1 || acks != 2 {
			t.Errorf("%d requests and %d ACKs went up", len(*txs), acks)
		}
		b.pause(2 * time.Second)
		if b.Open() != 0 {
			t.Error("timer L did not end the transaction")
		}
	})
}

func TestMergedRequest(t *testing.T) {
	play(t, transaction.Config{}, func(b *bench) {
		conform.Covers(t, "COM-09")
		txs := b.keep()
		b.peer.take()
		b.peer.send(request("INVITE", "z9hG4bK1", 1))
		b.peer.send(request("INVITE", "z9hG4bK2", 1))
		b.peer.expect("0 SIP/2.0 482 Loop Detected")
		b.peer.send(request("ACK", "z9hG4bK2", 1))
		b.peer.send(request("INVITE", "z9hG4bK3", 2)) // another CSeq: another request
		b.peer.send(strings.Replace(request("INFO", "z9hG4bK4", 1), "To: <sip:conf@example.com>", "To: <sip:conf@example.com>;tag=x", 1))
		if len(*txs) != 3 {
			t.Fatalf("%d requests went up", len(*txs))
		}
		for _, tx := range *txs {
			respond(tx, 200)
		}
		b.peer.expect("0 SIP/2.0 200 OK", "0 SIP/2.0 200 OK", "0 SIP/2.0 200 OK")
		b.pause(time.Minute)
		// What is over merges with nothing.
		b.peer.send(request("INVITE", "z9hG4bK5", 1))
		if len(*txs) != 4 {
			t.Error("a request merged with a transaction that is over")
		}
		respond((*txs)[3], 200)
	})
}

func TestCancel(t *testing.T) {
	play(t, transaction.Config{}, func(b *bench) {
		cancels := 0
		b.user.request = func(tx *transaction.ServerTx) {
			tx.OnCancel(func(*sipmsg.Request) {
				cancels++
				respond(tx, 487)
			})
		}
		b.peer.take()
		b.peer.send(request("INVITE", "z9hG4bK1", 1))
		b.peer.send(request("CANCEL", "z9hG4bK1", 1))
		got := b.peer.expect("0 SIP/2.0 200 OK", "0 SIP/2.0 487 Request Terminated")
		if got[0].field("CSeq") != "1 CANCEL" || got[1].field("CSeq") != "1 INVITE" || got[0].field("To") != got[1].field("To") {
			t.Errorf("responses\n%s%s", got[0].text, got[1].text)
		}
		b.peer.send(request("ACK", "z9hG4bK1", 1))
		b.peer.send(request("CANCEL", "z9hG4bK1", 1)) // retransmitted
		b.peer.expect("0 SIP/2.0 200 OK")
		if cancels != 1 {
			t.Errorf("OnCancel was called %d times", cancels)
		}
	})
}

func TestCancelWithoutEffect(t *testing.T) {
	play(t, transaction.Config{}, func(b *bench) {
		txs := b.keep()
		b.peer.take()
		b.peer.send(request("CANCEL", "z9hG4bK0", 1))
		b.peer.expect("0 SIP/2.0 481 Call/Transaction Does Not Exist")

		b.peer.send(request("INVITE", "z9hG4bK1", 2))
		(*txs)[0].OnCancel(func(*sipmsg.Request) { t.Error("OnCancel after a final response") })
		respond((*txs)[0], 200)
		b.peer.send(request("CANCEL", "z9hG4bK1", 2))
		b.peer.expect("0 SIP/2.0 200 OK", "0 SIP/2.0 200 OK")

		// Set late, when the CANCEL has come already.
		b.peer.send(request("INVITE", "z9hG4bK3", 3))
		b.peer.send(request("CANCEL", "z9hG4bK3", 3))
		tx, called := (*txs)[1], false
		tx.OnCancel(func(*sipmsg.Request) { called = true })
		if !called {
			t.Error("a CANCEL that came before OnCancel was lost")
		}
		respond(tx, 200)
	})
}

// TestCancelOfOtherMethods: a CANCEL of what is no INVITE is answered 200 and does
// nothing (RFC 3261 §9.2).
func TestCancelOfOtherMethods(t *testing.T) {
	for _, method := range []string{
		"SUBSCRIBE", "NOTIFY", "REFER", "OPTIONS", "BYE", "MESSAGE", "UPDATE", "INFO", "PRACK", "PUBLISH", "REGISTER",
	} {
		t.Run(method, func(t *testing.T) {
			play(t, transaction.Config{}, func(b *bench) {
				txs := b.keep()
				b.peer.take()
				b.peer.send(request(method, "z9hG4bK1", 1))
				(*txs)[0].OnCancel(func(*sipmsg.Request) { t.Error("OnCancel was called") })
				b.peer.send(request("CANCEL", "z9hG4bK1", 1))
				respond((*txs)[0], 202)
				got := b.peer.expect("0 SIP/2.0 200 OK", "0 SIP/2.0 202 Accepted")
				if got[0].field("CSeq") != "1 CANCEL" {
					t.Errorf("the answer to the CANCEL is\n%s", got[0].text)
				}
			})
		})
	}
}

func TestRequestsOfOldClients(t *testing.T) {
	play(t, transaction.Config{}, func(b *bench) {
		txs := b.keep()
		b.peer.take()
		// The branch is no identifier without the cookie (RFC 3261 §17.2.3).
		b.peer.send(request("INVITE", "1", 1))
		b.peer.send(request("INVITE", "1", 1))
		b.peer.send(request("INVITE", "1", 2))
		if len(*txs) != 2 {
			t.Fatalf("%d requests went up", len(*txs))
		}
		respond((*txs)[0], 486)
		b.peer.send(request("ACK", "1", 1))
		respond((*txs)[1], 486)
		b.peer.send(request("ACK", "1", 2))
		b.pause(time.Second)
		b.peer.expect("0 SIP/2.0 486 Busy Here", "0 SIP/2.0 486 Busy Here")
	})
}

func TestSlowNonInvite(t *testing.T) {
	play(t, transaction.Config{}, func(b *bench) {
		conform.Covers(t, "COM-19")
		txs := b.keep()
		b.peer.take()
		b.peer.send(request("REFER", "z9hG4bK1", 1))
		respond((*txs)[0], 183) // dropped: RFC 4320
		b.pause(5 * time.Second)
		b.peer.send(request("REFER", "z9hG4bK1", 1))
		respond((*txs)[0], 202)
		respond((*txs)[0], 200)
		b.pause(5 * time.Second)
		b.peer.send(request("REFER", "z9hG4bK1", 1))
		b.peer.expect("3.5 SIP/2.0 100 Trying", "5 SIP/2.0 100 Trying", "5 SIP/2.0 202 Accepted", "10 SIP/2.0 202 Accepted")
		b.pause(26 * time.Second)
		if b.Open() != 1 {
			t.Error("timer J is too short")
		}
		b.pause(2 * time.Second)
		if b.Open() != 0 || len(*txs) != 1 {
			t.Errorf("%d open, %d requests went up", b.Open(), len(*txs))
		}
	})
}

func TestNonInviteNeverGets408(t *testing.T) {
	play(t, transaction.Config{}, func(b *bench) {
		conform.Covers(t, "COM-19")
		txs, end := b.keep(), make(map[int]error)
		b.peer.take()
		b.peer.send(request("OPTIONS", "z9hG4bK1", 1))
		b.peer.send(request("OPTIONS", "z9hG4bK2", 2))
		for i, tx := range *txs {
			tx.OnEnd(func(err error) { end[i] = err })
		}
		respond((*txs)[0], 408)
		b.pause(time.Minute)
		respond((*txs)[1], 200) // nobody waits any more
		b.peer.expect("3.5 SIP/2.0 100 Trying")
		if !errors.Is(end[0], transaction.ErrTimeout) || !errors.Is(end[1], transaction.ErrTimeout) || b.Open() != 0 {
			t.Errorf("ended %v, %d open", end, b.Open())
		}
	})
}

func TestStrayAck(t *testing.T) {
	play(t, transaction.Config{}, func(b *bench) {
		conform.Covers(t, "COM-20")
		acks := 0
		b.user.ack = func(*sipmsg.Request, transport.Source) { acks++ }
		b.peer.send(request("ACK", "z9hG4bK1", 1))
		b.peer.send("SIP/2.0 200 OK\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKnone\nFrom: <sip:a@b>;tag=1\n" +
			"To: <sip:c@d>;tag=2\nCall-ID: x\nCSeq: 1 OPTIONS\nContent-Length: 0\n\n")
		b.pause(time.Minute)
		b.peer.expect()
		if acks != 1 || b.Counters().StrayAcks != 1 || b.Open() != 0 {
			t.Errorf("%d ACKs went up, %+v", acks, b.Counters())
		}
	})
}

func TestOverload(t *testing.T) {
	play(t, transaction.Config{MaxTransactions: 2, RetryAfter: 1500 * time.Millisecond}, func(b *bench) {
		conform.Covers(t, "SEC-04")
		txs := b.keep()
		b.peer.take()
		for i := range 2 {
			b.peer.send(request("INVITE", fmt.Sprint("z9hG4bK", i), i))
		}
		b.peer.send(request("INVITE", "z9hG4bK7", 7))
		b.peer.send(request("INVITE", "z9hG4bK7", 7))
		got := b.peer.expect("0 SIP/2.0 503 Service Unavailable", "0 SIP/2.0 503 Service Unavailable")
		if got[0].text != got[1].text || got[0].field("Retry-After") != "2" || !strings.Contains(got[0].field("To"), ";tag=") {
			t.Errorf("stateless responses\n%s%s", got[0].text, got[1].text)
		}
		// Who is in a dialog gets through, and CANCEL always does.
		bye := strings.Replace(request("BYE", "z9hG4bK8", 8), "To: <sip:conf@example.com>", "To: <sip:conf@example.com>;tag=x", 1)
		b.peer.send(bye)
		b.peer.send(request("CANCEL", "z9hG4bK1", 1))
		if len(*txs) != 3 || b.Counters().Refused != 2 {
			t.Fatalf("%d requests went up, %+v", len(*txs), b.Counters())
		}
		for _, tx := range *txs {
			respond(tx, 200)
		}
		b.peer.expect("0 SIP/2.0 200 OK", "0 SIP/2.0 200 OK", "0 SIP/2.0 200 OK", "0 SIP/2.0 200 OK")
	})
}

// TestStrayCancels sees that a CANCEL that means nothing is answered and leaves
// nothing: anybody can send any number.
func TestStrayCancels(t *testing.T) {
	play(t, transaction.Config{MaxTransactions: 2}, func(b *bench) {
		b.peer.take()
		for i := range 5 {
			b.peer.send(request("CANCEL", fmt.Sprint("z9hG4bK", i), i))
		}
		const gone = "0 SIP/2.0 481 Call/Transaction Does Not Exist"
		for _, a := range b.peer.expect(gone, gone, gone, gone, gone) {
			if !strings.Contains(a.field("To"), ";tag=") {
				t.Errorf("response without tag\n%s", a.text)
			}
		}
		if n := b.Open(); n != 0 {
			t.Errorf("%d transactions open", n)
		}
	})
}

// TestStrangersInDialogs sees that who names dialogs that are not there takes none of
// the room of those that are.
func TestStrangersInDialogs(t *testing.T) {
	play(t, transaction.Config{MaxTransactions: 2}, func(b *bench) {
		conform.Covers(t, "SEC-04")
		txs := b.keep()
		for i := range 20 {
			bye := request("BYE", fmt.Sprint("z9hG4bK", i), i)
			b.peer.send(strings.Replace(bye, "To: <sip:conf@example.com>", "To: <sip:conf@example.com>;tag=x", 1))
			respond((*txs)[i], 481)
			b.peer.expect("0 SIP/2.0 481 Call/Transaction Does Not Exist")
		}
		if n := b.Open(); n != 0 {
			t.Errorf("%d transactions open", n)
		}
	})
}

// TestDatagramsLeaveRoom sees that datagrams of peers without trust, which may be
// forged, do not take the last quarter of the room.
func TestDatagramsLeaveRoom(t *testing.T) {
	for exempt, most := range map[bool]int{false: 3, true: 4} {
		cfg := transaction.Config{
			MaxTransactions: 4, PerAddress: 100, Exempt: func(transport.Source) bool { return exempt },
		}
		play(t, cfg, func(b *bench) {
			conform.Covers(t, "SEC-02")
			txs := b.keep()
			for i := range 6 {
				b.peer.send(request("OPTIONS", fmt.Sprint("z9hG4bK", i), i))
			}
			if len(*txs) != most {
				t.Errorf("exempt %v: %d requests went up, want %d", exempt, len(*txs), most)
			}
			for _, tx := range *txs {
				respond(tx, 200)
			}
			b.peer.take()
		})
	}
}
