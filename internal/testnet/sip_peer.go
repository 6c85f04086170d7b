package testnet

import (
	"errors"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/sip/sipmsg"
)

// Patience is how long a test waits for something that must come. It is no
// measure of anything: on a machine with other work to do, all takes long now and
// then.
const Patience = 2 * time.Minute

// SIPPeer is one socket of a SIP peer. It is for one goroutine.
type SIPPeer struct {
	tb      testing.TB
	conn    net.Conn
	network string
	stream  sipmsg.Stream
	unread  []byte
	seen    map[string]struct{} // see repeated

	// Lenient takes messages that the parser finds fault with, such as answers
	// that repeat what was malformed in the request.
	Lenient bool
}

// DialSIP connects to address over network, "udp" or "tcp". The socket is
// closed when the test ends.
func DialSIP(tb testing.TB, network, address string) *SIPPeer {
	tb.Helper()
	return DialSIPFrom(tb, network, "", address)
}

// SIPFrom is a peer on a socket for datagrams that was opened before the address it
// writes to was known. It is closed when the test ends.
func SIPFrom(tb testing.TB, socket *net.UDPConn, address string) *SIPPeer {
	tb.Helper()
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		tb.Fatal(err)
	}
	return SIPOver(tb, "udp", unconnected{socket, to})
}

// unconnected is a socket that writes to one address.
type unconnected struct {
	*net.UDPConn
	to netip.AddrPort
}

func (u unconnected) Write(b []byte) (int, error) { return u.WriteToUDPAddrPort(b, u.to) }

// DialSIPFrom is DialSIP with a local address; empty: any.
func DialSIPFrom(tb testing.TB, network, local, address string) *SIPPeer {
	tb.Helper()
	var d net.Dialer
	if local != "" {
		at := net.TCPAddrFromAddrPort(netip.MustParseAddrPort(local))
		d.LocalAddr = at
		if network == "udp" {
			d.LocalAddr = net.UDPAddrFromAddrPort(at.AddrPort())
		}
	}
	for {
		conn, err := d.DialContext(tb.Context(), network, address)
		if err != nil {
			tb.Fatal(err)
		}
		at, datagrams := conn.LocalAddr().(*net.UDPAddr)
		if fixed := local != "" && !strings.HasSuffix(local, ":0"); !datagrams || fixed || hold(tb, at.AddrPort()) {
			return SIPOver(tb, network, conn)
		}
		_ = conn.Close() // somebody listens on TCP there: another port
	}
}

// SIPOver is a peer on a connection of the caller's, such as one of TLS, whose
// transport is called network. It is closed when the test ends.
func SIPOver(tb testing.TB, network string, conn net.Conn) *SIPPeer {
	tb.Helper()
	tb.Cleanup(func() { _ = conn.Close() })
	return &SIPPeer{tb: tb, conn: conn, network: network}
}

// Addr returns the peer's own address.
func (p *SIPPeer) Addr() string { return p.conn.LocalAddr().String() }

// Network returns "udp" or "tcp".
func (p *SIPPeer) Network() string { return p.network }

// Close closes the socket.
func (p *SIPPeer) Close() {
	p.tb.Helper()
	if err := p.conn.Close(); err != nil {
		p.tb.Fatal(err)
	}
}

// Write sends octets as they are, in one write.
func (p *SIPPeer) Write(octets string) {
	p.tb.Helper()
	if _, err := p.conn.Write([]byte(octets)); err != nil {
		p.tb.Fatal(err)
	}
}

// Send sends messages in one write.
func (p *SIPPeer) Send(messages ...sipmsg.Message) {
	p.tb.Helper()
	var octets []byte
	for _, m := range messages {
		octets = m.Append(octets)
	}
	p.Write(string(octets))
}

// Next returns the next message, and fails the test if none comes. What was
// retransmitted, as it is where an answer comes late, is passed over.
func (p *SIPPeer) Next() sipmsg.Message {
	p.tb.Helper()
	m, err := p.Await()
	if err != nil {
		p.tb.Fatalf("reading a SIP message: %v", err)
	}
	return m
}

// Await is Next for those who say themselves what has not come.
func (p *SIPPeer) Await() (sipmsg.Message, error) {
	for {
		m, err := p.next(Patience)
		if err != nil || !p.repeated(m) {
			return m, err
		}
	}
}

// repeated reports whether the message is of a transaction and kind that was
// seen before.
func (p *SIPPeer) repeated(m sipmsg.Message) bool {
	h := m.Head()
	key := h.CallID() + " " + h.Value("CSeq") + " " + h.Value("Via")
	if resp, ok := m.(*sipmsg.Response); ok {
		key += " " + strconv.Itoa(resp.Status)
	}
	if p.seen == nil {
		p.seen = make(map[string]struct{})
	}
	_, again := p.seen[key]
	p.seen[key] = struct{}{}
	return again
}

// Poll returns the next message, or an error if none comes within d.
func (p *SIPPeer) Poll(d time.Duration) (sipmsg.Message, error) { return p.next(d) }

// Octets fails the test unless exactly these octets come next on a stream.
func (p *SIPPeer) Octets(want string) {
	p.tb.Helper()
	if err := p.conn.SetReadDeadline(time.Now().Add(Patience)); err != nil {
		p.tb.Fatal(err)
	}
	for len(p.unread) < len(want) {
		buf := make([]byte, len(want)-len(p.unread))
		n, err := p.conn.Read(buf)
		p.unread = append(p.unread, buf[:n]...)
		if err != nil {
			p.tb.Fatalf("want %q, got %q: %v", want, p.unread, err)
		}
	}
	got := string(p.unread[:len(want)])
	if got != want {
		p.tb.Fatalf("want %q, got %q", want, got)
	}
	p.unread = p.unread[len(want):]
}

// Silence fails the test if something new comes within d. What was seen before, and
// a 100, come where the other side had to wait.
func (p *SIPPeer) Silence(d time.Duration) {
	p.tb.Helper()
	for end := time.Now().Add(d); ; {
		m, err := p.next(time.Until(end))
		var timeout net.Error
		switch {
		case errors.As(err, &timeout) && timeout.Timeout():
			return
		case err != nil:
			p.tb.Fatalf("waiting in silence: %v", err)
		case !p.repeated(m) && !trying(m):
			p.tb.Fatalf("unexpected message:\n%s", m.Append(nil))
		}
	}
}

func trying(m sipmsg.Message) bool {
	resp, ok := m.(*sipmsg.Response)
	return ok && resp.Status == 100
}

// Closed fails the test unless the other side closes the connection.
func (p *SIPPeer) Closed() {
	p.tb.Helper()
	for {
		_, err := p.next(Patience)
		var timeout net.Error
		switch {
		case err == nil:
			continue
		case errors.As(err, &timeout) && timeout.Timeout():
			p.tb.Fatal("the connection stays open")
		}
		return
	}
}

// Response returns the next response but 100, and fails the test if a request
// comes instead.
func (p *SIPPeer) Response() *sipmsg.Response {
	p.tb.Helper()
	for {
		m := p.Next()
		resp, ok := m.(*sipmsg.Response)
		if !ok {
			p.tb.Fatalf("want a response, got\n%s", m.Append(nil))
		}
		if resp.Status != 100 {
			return resp
		}
	}
}

// Request returns the next request, and fails the test if a response comes
// instead.
func (p *SIPPeer) Request() *sipmsg.Request {
	p.tb.Helper()
	m := p.Next()
	req, ok := m.(*sipmsg.Request)
	if !ok {
		p.tb.Fatalf("want a request, got\n%s", m.Append(nil))
	}
	return req
}

// Expect returns the next response but 100, and fails the test unless it has
// status and answers a request of method.
func (p *SIPPeer) Expect(status int, method sipmsg.Method) *sipmsg.Response {
	p.tb.Helper()
	resp := p.Response()
	cseq, err := resp.Header.CSeq()
	if err != nil {
		p.tb.Fatal(err)
	}
	if resp.Status != status || cseq.Method != method {
		p.tb.Fatalf("want %d to %s, got\n%s", status, method, resp.Append(nil))
	}
	return resp
}

func (p *SIPPeer) next(d time.Duration) (sipmsg.Message, error) {
	if err := p.conn.SetReadDeadline(time.Now().Add(d)); err != nil {
		return nil, err
	}
	buf := make([]byte, 65535)
	if p.network == "udp" {
		n, err := p.conn.Read(buf)
		if err != nil {
			return nil, err
		}
		return p.verdict(sipmsg.ParseDatagram(buf[:n], sipmsg.Limits{}))
	}
	for {
		m, n, err := p.stream.Next(p.unread)
		p.unread = p.unread[n:]
		switch {
		case m != nil:
			return p.verdict(m, err)
		case err != nil && !errors.Is(err, sipmsg.ErrIncomplete):
			return nil, err
		case err == nil && n > 0:
			continue // line ends between messages
		}
		read, err := p.conn.Read(buf)
		p.unread = append(p.unread, buf[:read]...)
		if err != nil && read == 0 {
			return nil, err
		}
	}
}

// verdict says what comes of a message that may be malformed.
func (p *SIPPeer) verdict(m sipmsg.Message, err error) (sipmsg.Message, error) {
	if err != nil && (!p.Lenient || m == nil) {
		return nil, err
	}
	return m, nil
}

// Lines joins lines with CRLF, and ends with one: for messages written out in
// tests.
func Lines(lines ...string) string { return strings.Join(lines, "\r\n") + "\r\n" }
