package transport_test

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/sip/transport"
	"github.com/confab-chat/confab/sip/transport/transporttest"
)

// TestFaultyRequestsAreAnswered sends each fault as a datagram: it is answered,
// nothing goes up, and the request after it is served.
func TestFaultyRequestsAreAnswered(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "COM-01")
	s := newServer(t, transport.Config{})
	conn, port := udpSocket(t, "127.0.0.1:0")
	sentBy := fmt.Sprint("127.0.0.1:", port)
	const contact = "Contact: <sip:alice@127.0.0.1>"
	good := message("INVITE", "udp", sentBy, 1, contact)
	replace := func(old, by string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("no %q", old)
		}
		return strings.Replace(good, old, by, 1)
	}
	twice := func(field string) string { return replace(field, field+"\r\n"+field) }
	const from, to, callID = "From: <sip:alice@example.com>;tag=1", "To: <sip:conf@example.com>", "Call-ID: call-1"
	tests := []struct{ text, want string }{
		{replace("Call-ID", "X"), "400"},
		{replace("From", "X"), "400"},
		{replace("To: ", "X: "), "400"},
		{replace("CSeq", "X"), "400"},
		{replace("Via", "X"), "400"},
		{replace("branch=z9hG4bK1", "branch=z9hG4bK"), "400"},
		{twice(from), "400"},
		{twice(to), "400"},
		{twice(callID), "400"},
		{twice("CSeq: 1 INVITE"), "400"},
		{replace("CSeq: 1 INVITE", "CSeq: 1 OPTIONS"), "400"},
		{strings.Replace(message("NEWMETHOD", "udp", sentBy, 1), "CSeq: 1 NEWMETHOD", "CSeq: 1 INVITE", 1), "501"},
		{replace("CSeq: 1 ", "CSeq: 2147483648 "), "400"},
		{message("INVITE", "udp", sentBy, 1), "400"},
		{message("SUBSCRIBE", "udp", sentBy, 1), "400"},
		{message("REFER", "udp", sentBy, 1), "400"},
		{replace(contact, contact+"\r\n"+contact), "400"},
	}
	for i, test := range tests {
		sendTo(t, conn, s.udp, test.text)
		text, _ := receive(t, conn)
		if got := text[len("SIP/2.0 "):][:3]; got != test.want {
			t.Errorf("message %d: %s, want %s\n%s", i, got, test.want, test.text)
		}
	}
	sendTo(t, conn, s.udp, good) // without Max-Forwards, which is tolerated
	if text, _ := receive(t, conn); !strings.HasPrefix(text, "SIP/2.0 200") {
		t.Errorf("the good one was answered\n%s", text)
	}
	if requests, _ := s.await(t, 1, 0); len(requests) != 1 {
		t.Errorf("%d requests went up", len(requests))
	}
}

// conversation is what a peer sends over one connection; cuts must not matter.
func conversation() (text string, want []string) {
	const sentBy = "127.0.0.2"
	return "\r\n" + message("OPTIONS", "tcp", sentBy, 1) +
			"\r\n\r\n" +
			strings.Replace(message("OPTIONS", "tcp", sentBy, 2), "From", "X", 1) +
			message("INFO", "tcp", sentBy, 3, "Content-Type: text/plain", "Content-Length: 12") + "hello\r\n\r\nyou" +
			message("ACK", "tcp", sentBy, 4) +
			message("BYE", "tcp", sentBy, 5) +
			message("BYE", "tcp", sentBy, 6, "Content-Length: x"),
		[]string{"200 1", "400 2", "200 3", "200 5", "400 6"}
}

// TestCutsDoNotMatter sends a conversation in two pieces, cut at every octet.
func TestCutsDoNotMatter(t *testing.T) {
	text, want := conversation()
	synctest.Test(t, func(t *testing.T) {
		network := new(transporttest.Network)
		s := newServer(t, transport.Config{Network: network.Host("127.0.0.1")})
		for cut := range len(text) {
			conn := connect(t, network.Host("127.0.0.2"), s.tcp)
			go func() {
				_, _ = conn.Write([]byte(text[:cut]))
				_, _ = conn.Write([]byte(text[cut:]))
			}()
			expectResponses(t, conn, want...)
			_ = conn.Close()
			synctest.Wait()
		}
		if n := len(s.requests); n != 4*len(text) {
			t.Errorf("%d requests went up", n)
		}
		_ = s.Close()
	})
}

// FuzzConnection feeds a connection with anything: the layer neither panics nor
// hangs, and it serves the next connection.
func FuzzConnection(f *testing.F) {
	text, _ := conversation()
	f.Add([]byte(text), 7)
	f.Add([]byte("SIP/2.0 200 OK\r\n\r\n"), 3)
	f.Add([]byte(strings.Replace(text, "Via: SIP/2.0/TCP", "v: SIP/2.0/UDP a,", 1)), 100)
	f.Fuzz(func(t *testing.T, octets []byte, cut int) {
		network := new(transporttest.Network)
		s := newServer(t, transport.Config{Network: network.Host("127.0.0.1")})
		cut = max(1, cut)
		conn := connect(t, network.Host("127.0.0.2"), s.tcp)
		go drain(conn)
		for len(octets) > 0 {
			n := min(cut, len(octets))
			if _, err := conn.Write(octets[:n]); err != nil {
				break
			}
			octets = octets[n:]
		}
		_ = conn.Close()
		next := connect(t, network.Host("127.0.0.2"), s.tcp)
		go func() { _, _ = next.Write([]byte(message("OPTIONS", "tcp", "127.0.0.2", 1))) }()
		expectResponses(t, next, "200 1")
		_ = next.Close()
	})
}

func drain(conn net.Conn) {
	buf := make([]byte, 4096)
	for {
		if _, err := conn.Read(buf); err != nil {
			return
		}
	}
}
