package transport_test

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
)

func newOK(req *sipmsg.Request) *sipmsg.Response { return sipmsg.NewResponse(req, 200, "") }

func udpSocket(t *testing.T, addr string) (*net.UDPConn, uint16) {
	t.Helper()
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort(addr)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	local, ok := conn.LocalAddr().(*net.UDPAddr)
	if !ok {
		t.Fatal("no UDP address")
	}
	return conn, local.AddrPort().Port()
}

func sendTo(t *testing.T, conn *net.UDPConn, to netip.AddrPort, text string) {
	t.Helper()
	if _, err := conn.WriteToUDPAddrPort([]byte(text), to); err != nil {
		t.Fatal(err)
	}
}

func receive(t *testing.T, conn *net.UDPConn) (string, netip.AddrPort) {
	t.Helper()
	buf := make([]byte, 65535)
	n, from, err := conn.ReadFromUDPAddrPort(buf)
	if err != nil {
		t.Fatal(err)
	}
	return string(buf[:n]), from
}

func viaOf(text string) string {
	_, rest, _ := strings.Cut(text, "\r\nVia: ")
	via, _, _ := strings.Cut(rest, "\r\n")
	return via
}

func TestResponseAddress(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "COM-21")
	s := newServer(t, transport.Config{})
	sender, sourcePort := udpSocket(t, "127.0.0.1:0")
	named, namedPort := udpSocket(t, "127.0.0.1:0")
	tests := []struct {
		sentBy string
		params string
		want   string // added to Via
		at     *net.UDPConn
	}{
		{fmt.Sprint("127.0.0.1:", namedPort), "", "", named},
		{fmt.Sprint("127.0.0.1:", sourcePort), ";rport", fmt.Sprintf(";rport=%d;received=127.0.0.1", sourcePort), sender},
		{fmt.Sprint("10.0.0.1:", namedPort), "", ";received=127.0.0.1", named},
		{fmt.Sprint("client.example.com:", namedPort), "", ";received=127.0.0.1", named},
		{"10.0.0.1:5062", ";rport", fmt.Sprintf(";rport=%d;received=127.0.0.1", sourcePort), sender},
		{"10.0.0.1:5062", ";received=192.0.2.9;rport=9", fmt.Sprintf(";received=127.0.0.1;rport=%d", sourcePort), sender},
		{fmt.Sprint("10.0.0.1:", namedPort), ";maddr=192.0.2.9", ";maddr=192.0.2.9;received=127.0.0.1", named},
	}
	for i, test := range tests {
		sendTo(t, sender, s.udp, message("OPTIONS", "udp", test.sentBy+test.params, i))
		text, from := receive(t, test.at)
		// The branch stands behind the parameters of the test.
		via := strings.Replace(viaOf(text), fmt.Sprint(";branch=z9hG4bK", i), "", 1)
		if want := "SIP/2.0/UDP " + test.sentBy + test.want; via != want || from != s.udp {
			t.Errorf("%s%s: from %s with Via %s, want %s", test.sentBy, test.params, from, via, want)
		}
	}
}

func TestOutgoingRequestAsksForRport(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "COM-21")
	s := newServer(t, transport.Config{})
	peer, port := udpSocket(t, "127.0.0.1:0")
	s.SendRequest(options(""), transport.Target{Transport: "udp", Addr: netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port)}, nil)
	text, from := receive(t, peer)
	if want := fmt.Sprintf("SIP/2.0/UDP %s;branch=z9hG4bKout;rport", s.udp); viaOf(text) != want || from != s.udp {
		t.Errorf("from %s with Via %s, want %s", from, viaOf(text), want)
	}
}

func TestDatagramFraming(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "COM-11")
	s := newServer(t, transport.Config{})
	conn, port := udpSocket(t, "127.0.0.1:0")
	sentBy := fmt.Sprint("127.0.0.1:", port)
	request := func(seq, length int, body string) string {
		return message("INFO", "udp", sentBy, seq, fmt.Sprint("Content-Length: ", length)) + body
	}
	big := strings.Repeat("x", 65000-len(request(3, 65000, "")))
	tests := []struct {
		text string
		want string
	}{
		{request(1, 2, "hello"), "200"}, // extra octets are ignored
		{request(2, 9, "hello"), "400"}, // too short
		{request(3, len(big), big), "200"},
		{strings.Replace(request(4, 0, ""), "From:", "Form:", 1), "400"},
	}
	for i, test := range tests {
		sendTo(t, conn, s.udp, test.text)
		text, _ := receive(t, conn)
		if got := text[len("SIP/2.0 "):][:3]; got != test.want {
			t.Errorf("message %d: %s, want %s", i, got, test.want)
		}
	}
	requests, _ := s.await(t, 2, 0)
	if len(requests) != 2 || string(requests[0].Body) != "he" || string(requests[1].Body) != big {
		t.Errorf("%d requests went up", len(requests))
	}
	// Neither keep-alives, nor rubbish, nor a faulty response is answered.
	for _, text := range []string{"\r\n\r\n", "\x00\x00\x00\x00", "", "rubbish", "SIP/2.0 200 OK\r\n\r\n"} {
		sendTo(t, conn, s.udp, text)
	}
	sendTo(t, conn, s.udp, request(5, 0, ""))
	if text, _ := receive(t, conn); !strings.Contains(text, "CSeq: 5 INFO") {
		t.Errorf("answered:\n%s", text)
	}
}

func TestAdvertisedAddress(t *testing.T) {
	t.Parallel()
	for advertise, want := range map[string]string{
		"conf.example.com":      "conf.example.com:%d",
		"conf.example.com:5070": "conf.example.com:5070",
		"[2001:db8::1]:5070":    "[2001:db8::1]:5070",
		"2001:db8::1":           "[2001:db8::1]:%d",
	} {
		s := newServer(t, transport.Config{Advertise: advertise})
		peer, port := udpSocket(t, "127.0.0.1:0")
		s.SendRequest(options(""), transport.Target{Addr: netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port)}, nil)
		text, _ := receive(t, peer)
		if strings.Contains(want, "%d") {
			want = fmt.Sprintf(want, s.udp.Port())
		}
		if want = "SIP/2.0/UDP " + want + ";branch=z9hG4bKout;rport"; viaOf(text) != want {
			t.Errorf("Via is %s, want %s", viaOf(text), want)
		}
	}
}

// TestUnspecifiedAddress listens on all addresses: Via shows the one from which
// the way to the peer starts.
func TestUnspecifiedAddress(t *testing.T) {
	t.Parallel()
	s := transport.New(transport.Config{}, newServer(t, transport.Config{}))
	defer func() { _ = s.Close() }()
	addr, err := s.Listen(t.Context(), "udp4", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	peer, port := udpSocket(t, "127.0.0.1:0")
	for range 2 {
		s.SendRequest(options(""), transport.Target{Addr: netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port)}, nil)
		text, _ := receive(t, peer)
		if want := fmt.Sprintf("SIP/2.0/UDP 127.0.0.1:%d;branch=z9hG4bKout;rport", addr.Port()); viaOf(text) != want {
			t.Errorf("Via is %s, want %s", viaOf(text), want)
		}
	}
}

func TestIPv6(t *testing.T) {
	t.Parallel()
	probe, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp6", "[::1]:0")
	if err != nil {
		t.Skip("no IPv6 here")
	}
	_ = probe.Close()
	s := newServer(t, transport.Config{})
	udp, err := s.Listen(t.Context(), "udp", "[::1]:0")
	if err != nil {
		t.Fatal(err)
	}
	conn, port := udpSocket(t, "[::1]:0")
	sendTo(t, conn, udp, message("OPTIONS", "udp", fmt.Sprintf("[2001:db8::1]:%d;rport", port), 1))
	text, _ := receive(t, conn)
	if want := fmt.Sprintf("SIP/2.0/UDP [2001:db8::1]:%d;rport=%d;branch=z9hG4bK1;received=::1", port, port); viaOf(text) != want {
		t.Errorf("Via is %s, want %s", viaOf(text), want)
	}
	s.SendRequest(options(""), transport.Target{Addr: netip.AddrPortFrom(netip.MustParseAddr("::1"), port)}, nil)
	if text, from := receive(t, conn); from != udp || !strings.HasPrefix(viaOf(text), fmt.Sprint("SIP/2.0/UDP ", udp)) {
		t.Errorf("from %s with Via %s", from, viaOf(text))
	}
}

func TestTap(t *testing.T) {
	t.Parallel()
	events := make(chan string, 10)
	s := newServer(t, transport.Config{Tap: func(e transport.TapEvent) {
		line, _, _ := strings.Cut(string(e.Octets), "\r\n")
		if strings.Contains(string(e.Octets), "s3cret") {
			line = "with credentials: " + line
		}
		events <- fmt.Sprint(e.Out, " ", e.Transport, " ", e.Local, " ", e.Remote, " ", line)
	}})
	conn, port := udpSocket(t, "127.0.0.1:0")
	request := message("OPTIONS", "udp", fmt.Sprint("127.0.0.1:", port), 1)
	sendTo(t, conn, s.udp, strings.Replace(request, "\r\n", "\r\nAuthorization: Digest response=\"s3cret\"\r\n", 1))
	ends := fmt.Sprintf(" udp %s 127.0.0.1:%d ", s.udp, port)
	for _, want := range []string{"false" + ends + "OPTIONS sip:conf@example.com SIP/2.0", "true" + ends + "SIP/2.0 200 OK"} {
		if got := wait(t, events); got != want {
			t.Errorf("tap saw %q, want %q", got, want)
		}
	}
	if c := s.Counters(); c.In != 1 || c.Out != 1 {
		t.Errorf("%+v", c)
	}
}
