package testnet

import (
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
)

// Peer is a bare datagram socket on a network in memory (transporttest) that speaks SIP as a test writes it, right or wrong.
type Peer struct {
	t    testing.TB
	conn transport.PacketConn
	to   netip.AddrPort
	in   chan sipmsg.Message

	closed chan struct{}
}

// NewPeer opens a socket at port 5060 of a host. Its messages go to the address to.
// Inside a synctest bubble the test closes it with Close.
func NewPeer(tb testing.TB, host transport.Network, to netip.AddrPort) *Peer {
	tb.Helper()
	conn, err := host.ListenPacket(tb.Context(), "udp", "0.0.0.0:5060")
	if err != nil {
		tb.Fatal(err)
	}
	p := &Peer{t: tb, conn: conn, to: to, in: make(chan sipmsg.Message, 1024), closed: make(chan struct{})}
	go p.read()
	return p
}

func (p *Peer) read() {
	buf := make([]byte, 65536)
	for {
		n, _, err := p.conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		m, err := sipmsg.ParseDatagram(buf[:n], sipmsg.Limits{})
		if err != nil {
			p.t.Errorf("malformed message: %v\n%s", err, buf[:n])
			continue
		}
		select {
		case p.in <- m:
		case <-p.closed:
			return
		}
	}
}

// Close closes the socket, once.
func (p *Peer) Close() {
	close(p.closed)
	_ = p.conn.Close()
}

// Send sends a message. Lines end with \n in text; an empty line ends the header;
// Content-Length is added, and white space before a line is dropped.
func (p *Peer) Send(text string) {
	p.t.Helper()
	if _, err := p.conn.WriteToUDPAddrPort([]byte(wire(text)), p.to); err != nil {
		p.t.Error(err)
	}
}

func wire(text string) string {
	head, body, _ := strings.Cut(strings.TrimLeft(text, "\n"), "\n\n")
	var b strings.Builder
	for line := range strings.SplitSeq(strings.TrimSpace(head), "\n") {
		b.WriteString(strings.TrimSpace(line) + "\r\n")
	}
	body = strings.ReplaceAll(body, "\n", "\r\n")
	b.WriteString("Content-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body)
	return b.String()
}

// Next returns the next message within d; nil if there is none.
func (p *Peer) Next(d time.Duration) sipmsg.Message {
	select {
	case m := <-p.in:
		return m
	default:
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case m := <-p.in:
		return m
	case <-timer.C:
		return nil
	}
}

// Response returns the next message within Patience, which must be a response with
// that status. 100 is passed over unless asked for.
func (p *Peer) Response(status int) *sipmsg.Response {
	p.t.Helper()
	for {
		m := p.Next(Patience)
		resp, ok := m.(*sipmsg.Response)
		if ok && resp.Status == 100 && status != 100 {
			continue
		}
		if !ok || resp.Status != status {
			p.t.Fatalf("want %d, got %s", status, Line(m))
		}
		return resp
	}
}

// Ask sends a request as Send does; the answer must have that status.
func (p *Peer) Ask(text string, status int) *sipmsg.Response {
	p.t.Helper()
	p.Send(text)
	return p.Response(status)
}

// Request returns the next message within Patience, which must be a request of that
// method.
func (p *Peer) Request(method sipmsg.Method) *sipmsg.Request {
	p.t.Helper()
	m := p.Next(Patience)
	req, ok := m.(*sipmsg.Request)
	if !ok || req.Method != method {
		p.t.Fatalf("want %s, got %s", method, Line(m))
	}
	return req
}

// Quiet fails the test if a message arrives within d.
func (p *Peer) Quiet(d time.Duration) {
	p.t.Helper()
	if m := p.Next(d); m != nil {
		p.t.Fatalf("want silence, got %s", Line(m))
	}
}

// Answer responds to a request with fields ("Name: value" lines) and a body.
func (p *Peer) Answer(req *sipmsg.Request, status int, toTag, fields, body string) {
	p.t.Helper()
	resp := sipmsg.NewResponse(req, status, "")
	if toTag != "" {
		resp.Header.AddToTag(toTag)
	}
	for line := range strings.SplitSeq(fields, "\n") {
		if name, value, ok := strings.Cut(line, ":"); ok {
			resp.Header.Add(strings.TrimSpace(name), strings.TrimSpace(value))
		}
	}
	resp.Body = []byte(body)
	if _, err := p.conn.WriteToUDPAddrPort(resp.Append(nil), p.to); err != nil {
		p.t.Error(err)
	}
}

// Line describes a message by its start line.
func Line(m sipmsg.Message) string {
	switch m := m.(type) {
	case *sipmsg.Request:
		return string(m.Method) + " " + m.URI.String()
	case *sipmsg.Response:
		return strconv.Itoa(m.Status) + " " + m.Reason + " to " + m.Header.Value("CSeq")
	default:
		return "nothing"
	}
}
