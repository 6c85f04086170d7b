package transaction_test

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transaction"
	"github.com/confab-chat/confab/sip/transport"
)

const (
	inviteBob = " INVITE sip:bob@192.0.2.2 SIP/2.0"
	infoBob   = " INFO sip:bob@192.0.2.2 SIP/2.0"
	timedOut  = "sip transaction: timed out"
)

func TestInviteWithoutAnswer(t *testing.T) {
	play(t, transaction.Config{}, func(b *bench) {
		var ev events
		b.peer.take()
		b.Send(outgoing("INVITE"), toPeer("udp"), ev.client())
		b.pause(time.Minute)
		got := b.peer.expect("0"+inviteBob, "0.5"+inviteBob, "1.5"+inviteBob, "3.5"+inviteBob,
			"7.5"+inviteBob, "15.5"+inviteBob, "31.5"+inviteBob)
		for _, a := range got[1:] {
			if a.text != got[0].text {
				t.Errorf("retransmission differs:\n%s", a.text)
			}
		}
		via := got[0].field("Via")
		if !strings.HasPrefix(via, "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK") || !strings.HasSuffix(via, ";rport") {
			t.Errorf("Via is %s", via)
		}
		ev.expect(b, timedOut)
		if !errors.Is(ev.ends[0], transaction.ErrTimeout) {
			t.Error("the end is no ErrTimeout")
		}
	})
}

func TestInviteRefused(t *testing.T) {
	play(t, transaction.Config{}, func(b *bench) {
		var ev events
		b.peer.take()
		b.Send(outgoing("INVITE"), toPeer("udp"), ev.client())
		b.pause(time.Second)
		invite := b.peer.expect("0"+inviteBob, "0.5"+inviteBob)[0]
		b.peer.send(answer(invite, "180 Ringing", "t1"))
		b.pause(time.Minute) // it may ring
		b.peer.send(answer(invite, "486 Busy Here", "t1"))
		b.peer.send(answer(invite, "486 Busy Here", "t1"))
		ack := b.peer.expect("60 ACK sip:bob@192.0.2.2 SIP/2.0", "60 ACK sip:bob@192.0.2.2 SIP/2.0")[0]
		want := "ACK sip:bob@192.0.2.2 SIP/2.0\n" +
			"Via: " + invite.field("Via") + "\n" +
			"Max-Forwards: 70\n" +
			"Route: <sip:192.0.2.2;lr>\n" +
			"From: <sip:conf@example.com>;tag=f1\n" +
			"To: <sip:bob@example.com>;tag=t1\n" +
			"Call-ID: call-2\nCSeq: 7 ACK\nContent-Length: 0\n\n"
		if ack.text != strings.ReplaceAll(want, "\n", "\r\n") {
			t.Errorf("ACK is\n%swant\n%s", ack.text, want)
		}
		ev.expect(b, "", "180 t1", "486 t1")
		b.pause(31 * time.Second)
		b.peer.send(answer(invite, "486 Busy Here", "t1"))
		b.peer.expect("31 ACK sip:bob@192.0.2.2 SIP/2.0")
		b.pause(2 * time.Second)
		ev.expect(b, "<nil>", "180 t1", "486 t1")
	})
}

func TestInviteAccepted(t *testing.T) {
	play(t, transaction.Config{}, func(b *bench) {
		conform.Covers(t, "COM-18", "COM-20")
		var ev events
		late := 0
		b.user.response = func(*sipmsg.Response, transport.Source) { late++ }
		b.peer.take()
		b.Send(outgoing("INVITE"), toPeer("udp"), ev.client())
		invite := b.peer.expect("0" + inviteBob)[0]
		b.peer.send(answer(invite, "200 OK", "t1"))
		b.pause(time.Second)
		b.peer.send(answer(invite, "200 OK", "t1"))
		b.peer.send(answer(invite, "180 Ringing", "t2"))
		b.peer.send(answer(invite, "486 Busy Here", "t3"))
		b.pause(30 * time.Second)
		b.peer.send(answer(invite, "200 OK", "t2"))
		ev.expect(b, "", "200 t1", "200 t1", "200 t2")
		b.pause(2 * time.Second)
		ev.expect(b, "<nil>", "200 t1", "200 t1", "200 t2")
		b.peer.expect() // the ACK is the user's
		if late != 0 {
			t.Error("a 2xx within 64*T1 missed its transaction")
		}
		b.peer.send(answer(invite, "200 OK", "t4"))
		b.peer.send(answer(invite, "486 Busy Here", "t4"))
		if late != 1 {
			t.Errorf("%d late responses went up", late)
		}
	})
}

func TestNonInviteWithoutAnswer(t *testing.T) {
	play(t, transaction.Config{}, func(b *bench) {
		var ev events
		b.peer.take()
		b.Send(outgoing("INFO"), toPeer("udp"), ev.client())
		b.pause(time.Minute)
		b.peer.expect("0"+infoBob, "0.5"+infoBob, "1.5"+infoBob, "3.5"+infoBob, "7.5"+infoBob, "11.5"+infoBob,
			"15.5"+infoBob, "19.5"+infoBob, "23.5"+infoBob, "27.5"+infoBob, "31.5"+infoBob)
		ev.expect(b, timedOut)
	})
}

func TestNonInvite(t *testing.T) {
	play(t, transaction.Config{}, func(b *bench) {
		var ev events
		b.peer.take()
		b.Send(outgoing("INFO"), toPeer("udp"), ev.client())
		info := b.peer.expect("0" + infoBob)[0]
		b.peer.send(answer(info, "100 Trying", ""))
		b.pause(6 * time.Second)
		b.peer.expect("0.5"+infoBob, "4.5"+infoBob) // timer E, at T2 from then on
		b.peer.send(answer(info, "200 OK", "t1"))
		b.peer.send(answer(info, "200 OK", "t1"))
		ev.expect(b, "", "100 ", "200 t1")
		b.pause(4 * time.Second)
		if b.Open() != 1 {
			t.Error("timer K is too short")
		}
		b.pause(2 * time.Second)
		ev.expect(b, "<nil>", "100 ", "200 t1")
		b.peer.expect()
	})
}

func TestCancelWaitsForProvisional(t *testing.T) {
	play(t, transaction.Config{}, func(b *bench) {
		var ev events
		b.peer.take()
		tx := b.Send(outgoing("INVITE"), toPeer("udp"), ev.client())
		tx.Cancel(sipmsg.Field{Name: "Reason", Value: "SIP;cause=200"})
		b.pause(600 * time.Millisecond)
		invite := b.peer.expect("0"+inviteBob, "0.5"+inviteBob)[0]
		b.peer.send(answer(invite, "180 Ringing", "t1"))
		tx.Cancel() // once is enough
		cancel := b.peer.expect("0 CANCEL sip:bob@192.0.2.2 SIP/2.0")[0]
		want := "CANCEL sip:bob@192.0.2.2 SIP/2.0\n" +
			"Via: " + invite.field("Via") + "\n" +
			"Max-Forwards: 70\n" +
			"Route: <sip:192.0.2.2;lr>\n" +
			"From: <sip:conf@example.com>;tag=f1\n" +
			"To: <sip:bob@example.com>\n" +
			"Call-ID: call-2\nCSeq: 7 CANCEL\nReason: SIP;cause=200\nContent-Length: 0\n\n"
		if cancel.text != strings.ReplaceAll(want, "\n", "\r\n") {
			t.Errorf("CANCEL is\n%swant\n%s", cancel.text, want)
		}
		b.peer.send(answer(cancel, "200 OK", "t1"))
		b.peer.send(answer(invite, "487 Request Terminated", "t1"))
		b.pause(time.Minute)
		b.peer.expect("0 ACK sip:bob@192.0.2.2 SIP/2.0")
		ev.expect(b, "<nil>", "180 t1", "487 t1")
	})
}

func TestCancelWithoutFinalResponse(t *testing.T) {
	play(t, transaction.Config{}, func(b *bench) {
		var ev events
		b.peer.take()
		tx := b.Send(outgoing("INVITE"), toPeer("udp"), ev.client())
		invite := b.peer.expect("0" + inviteBob)[0]
		b.peer.send(answer(invite, "180 Ringing", "t1"))
		b.pause(5 * time.Minute)
		ev.expect(b, "", "180 t1")
		tx.Cancel()
		b.peer.send(answer(b.peer.expect("300 CANCEL sip:bob@192.0.2.2 SIP/2.0")[0], "200 OK", "t1"))
		b.pause(31 * time.Second)
		ev.expect(b, "", "180 t1")
		b.pause(2 * time.Second)
		ev.expect(b, timedOut, "180 t1")
	})
}

func TestResponsesThatAreNotOurs(t *testing.T) {
	play(t, transaction.Config{}, func(b *bench) {
		conform.Covers(t, "COM-20")
		var ev events
		b.peer.take()
		b.Send(outgoing("INFO"), toPeer("udp"), ev.client())
		info := b.peer.expect("0" + infoBob)[0]
		ok := answer(info, "200 OK", "t1")
		via := "Via: " + info.field("Via")
		b.peer.send(strings.Replace(ok, "192.0.2.1:5060", "192.0.2.9:5060", 1))
		b.peer.send(strings.Replace(ok, "192.0.2.1:5060", "255.255.255.255", 1))
		b.peer.send(strings.Replace(ok, "branch=z9hG4bK", "branch=z9hG4bKx", 1))
		b.peer.send(strings.Replace(ok, via, via+"\nVia: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK7", 1))
		b.peer.send(strings.Replace(ok, "7 INFO", "7 BYE", 1))
		b.peer.expect()
		ev.expect(b, "")
		if n := b.transport.Counters().ForeignVia; n != 2 {
			t.Errorf("%d responses with foreign sent-by", n)
		}
		b.peer.send(ok)
		ev.expect(b, "", "200 t1")
	})
}

func TestConnectionRefused(t *testing.T) {
	play(t, transaction.Config{}, func(b *bench) {
		var ev events
		b.Send(outgoing("INFO"), toPeer("tcp"), ev.client())
		ev.expect(b, "sip transaction: 503: transporttest: connect 192.0.2.2:5060: connection refused")
		if !errors.Is(ev.ends[0], &transaction.Error{Status: 503}) {
			t.Error("a refused connection is no 503")
		}
	})
}

// TestConnectionLost sees that a request whose connection ends before an answer
// came is sent again over a new one.
func TestConnectionLost(t *testing.T) {
	play(t, transaction.Config{}, func(b *bench) {
		ln, err := b.net.Host(peerAddr).Listen(context.Background(), "tcp", "0.0.0.0:5060")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = ln.Close() }()
		var ev events
		b.Send(outgoing("INFO"), toPeer("tcp"), ev.client())
		buf := make([]byte, 4096)
		first, _ := ln.Accept()
		n, _ := first.Read(buf)
		text := string(buf[:n])
		_ = first.Close()
		second, _ := ln.Accept()
		defer func() { _ = second.Close() }()
		n, _ = second.Read(buf)
		if string(buf[:n]) != text || !strings.HasPrefix(text, "INFO sip:bob@192.0.2.2 SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.1:5060;branch=") {
			t.Errorf("over the first connection came\n%s, over the second\n%s", text, buf[:n])
		}
		_, _ = second.Write([]byte(strings.ReplaceAll(answer(arrival{text: text}, "200 OK", "t1"), "\n", "\r\n")))
		ev.expect(b, "<nil>", "200 t1") // timer K is zero
	})
}

// TestFlowLost sees that a request which has to take a certain connection fails with
// it: nobody listens where the connection came from.
func TestFlowLost(t *testing.T) {
	play(t, transaction.Config{}, func(b *bench) {
		conform.Covers(t, "COM-16")
		txs := b.keep()
		conn, err := b.net.Host(peerAddr).Dial(context.Background(), "tcp", stackAddr+":5060")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = conn.Write([]byte(strings.ReplaceAll(request("OPTIONS", "z9hG4bK1", 1), "\n", "\r\n")))
		b.settle()
		var ev events
		b.Send(outgoing("INFO"), transport.Target{Flow: (*txs)[0].Source().Flow}, ev.client())
		_, _ = conn.Read(make([]byte, 4096))
		_ = conn.Close()
		b.pause(time.Second)
		ev.expect(b, "sip transaction: 503: "+transport.ErrFlowGone.Error())
		if n := b.transport.Counters().Dialed; n != 0 {
			t.Errorf("%d connections were tried", n)
		}
	})
}

// TestLargeRequest follows the size switch with a peer that has no TCP, one
// whose TCP port is filtered, and one that takes TCP.
func TestLargeRequest(t *testing.T) {
	large := func() *sipmsg.Request {
		r := outgoing("INFO")
		r.Body = []byte(strings.Repeat("x", 1300))
		return r
	}
	for _, filtered := range []bool{false, true} {
		play(t, transaction.Config{}, func(b *bench) {
			conform.Covers(t, "COM-11")
			b.net.Filtered = func(netip.AddrPort) bool { return filtered }
			first := "0"
			if filtered {
				first = "4"
			}
			var ev events
			b.peer.take()
			b.Send(large(), toPeer("udp"), ev.client())
			b.pause(4 * time.Second)
			got := b.peer.take()
			if len(got) == 0 || len(got[0].text) < 1300 || first != "0" != (got[0].at == 4*time.Second) {
				t.Fatalf("received %v", got)
			}
			if via := got[0].field("Via"); !strings.HasPrefix(via, "SIP/2.0/UDP") {
				t.Errorf("Via is %s", via)
			}
			b.peer.send(answer(got[0], "200 OK", "t1"))
			ev.expect(b, "", "200 t1")
			// The next one goes over UDP at once.
			b.peer.take()
			b.Send(large(), toPeer("udp"), ev.client())
			b.peer.send(answer(b.peer.expect("0" + infoBob)[0], "200 OK", "t2"))
			if c := b.transport.Counters(); c.SizeSwitched != 1 || c.SizeFallback != 1 {
				t.Errorf("%+v", c)
			}
		})
	}
	play(t, transaction.Config{}, func(b *bench) {
		ln, err := b.net.Host(peerAddr).Listen(context.Background(), "tcp", "0.0.0.0:5060")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = ln.Close() }()
		var ev events
		b.Send(large(), toPeer("udp"), ev.client())
		conn, _ := ln.Accept()
		defer func() { _ = conn.Close() }()
		buf := make([]byte, 4096)
		n, _ := conn.Read(buf)
		info := arrival{text: string(buf[:n])}
		if via := info.field("Via"); !strings.HasPrefix(via, "SIP/2.0/TCP 192.0.2.1:5060;branch=") {
			t.Errorf("Via is %s", via)
		}
		_, _ = conn.Write([]byte(strings.ReplaceAll(answer(info, "200 OK", "t1"), "\n", "\r\n")))
		ev.expect(b, "<nil>", "200 t1")
		b.peer.expect()
	})
}
